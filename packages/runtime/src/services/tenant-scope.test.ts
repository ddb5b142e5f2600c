import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openFrontDoor } from '../http/front-door.test-rig.ts';
import { TenantScope } from './tenant-scope.ts';

const here = dirname(fileURLToPath(import.meta.url));
/** What starts a query of its own: the scope, what runs before a tenant is known, and what runs for all of them. */
const mayQuery = [
  'tenant-scope.ts',
  'accounts/account-scope.ts',
  'accounts/above-tenants.ts',
  'accounts/insert-audit-row.ts',
  'authentication.ts',
  'bootstrap.ts',
  'idempotent-writes.ts',
  'insert-idempotency-key.ts',
  'server-secrets.ts',
  'shared-buckets.ts',
  'workflows/workflow-scope.ts',
  'notifications/notice-scope.ts',
  'task-depth.ts',
  'statistics/statistics-scope.ts',
];
const startsQuery = /\.(selectFrom|updateTable|deleteFrom|insertInto|mergeInto|with|withRecursive)\(/;

describe('services', () => {
  it('start no query but from a tenant’s scope', () => {
    const offenders = readdirSync(here, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !/\.test(-rig)?\.ts$/.test(file) && !mayQuery.includes(file))
      .filter((file) => startsQuery.test(readFileSync(join(here, file), 'utf8')));
    expect(offenders).toEqual([]);
  });
});

describe('a tenant’s scope', () => {
  it('binds every query that starts from it to the tenant', async () => {
    const door = await openFrontDoor();
    const scope = new TenantScope('tnt_mine', door.store.query);
    const starts = [
      scope.agents(),
      scope.agentVersions(),
      scope.deployments(),
      scope.instances(),
      scope.agentLogs(),
      scope.feedback(),
      scope.teams(),
      scope.teamVersions(),
      scope.teamMembers(),
      scope.tasks(),
      scope.steps(),
      scope.contents(),
      scope.labels(),
      scope.idempotencyKeys(),
    ];
    const account = scope.account();
    const accountStarts = [
      account.apiKeys(),
      account.members(),
      account.invites(),
      account.auditLog(),
      account.usageHours(),
      account.usageFold(),
      account.ledger(),
      account.tasks(),
      account.agents(),
      account.quotaCounters(),
      account.billingAccount(),
    ];
    const statistics = scope.statistics();
    const statisticsStarts = [
      statistics.fold(),
      statistics.staleHours(),
      statistics.finishedHours(),
      statistics.badEndHours(),
      statistics.toolHours(),
      statistics.tasks(),
      statistics.steps(),
    ];
    const notices = scope.notices();
    const noticeStarts = [
      notices.webhooks(),
      notices.allWebhooks(),
      notices.deliveries(),
      notices.outbox(),
      notices.preferences(),
      notices.thresholdAlerts(),
    ];
    for (const start of [...accountStarts, ...noticeStarts, ...statisticsStarts]) {
      const { sql, parameters } = start.compile();
      expect(sql).toMatch(/ where ("\w+"\.)?"tenant_id" = \?/);
      expect(parameters[0]).toBe('tnt_mine');
    }
    for (const start of starts) {
      const { sql, parameters } = start.compile();
      expect(sql).toContain('where "tenant_id" = ?');
      expect(parameters[0]).toBe('tnt_mine');
    }
    expect(scope.tenant().compile()).toMatchObject({
      sql: expect.stringContaining('where "id" = ?'),
      parameters: ['tnt_mine'],
    });
    await door.close();
  });
});

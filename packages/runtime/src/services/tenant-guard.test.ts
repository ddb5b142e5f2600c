import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFrontDoor } from '../http/front-door.test-rig.ts';
import type { Database } from '../store/schema.ts';
import type { Query } from '../store/store.ts';
import { boundTo } from './tenant-guard.ts';
import { TenantScope } from './tenant-scope.ts';

const here = dirname(fileURLToPath(import.meta.url));
/** What works for all tenants, or before it is known whose a request is; all else goes through a tenant's door. */
const mayGoAboveTenants = [
  'accounts.ts',
  'billing.ts',
  'bootstrap.ts',
  'deliveries/',
  'housekeeping.ts',
  'idempotent-writes.ts',
  'key-uses.ts',
  'notifications/',
  'services.ts',
  'shared-buckets.ts',
  'spend.ts',
  'task-watch.ts',
  'workflows/workflow-controller.ts',
];
const takesTheStoreItself = /\bstore\.(query|write)\b|#store\.(query|write)\b/;

describe('services', () => {
  it('go past the door of a tenant in named files only', () => {
    const offenders = readdirSync(here, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !/\.test(-rig)?\.ts$/.test(file))
      .filter((file) => !mayGoAboveTenants.some((allowed) => file.startsWith(allowed)))
      .filter((file) => takesTheStoreItself.test(readFileSync(join(here, file), 'utf8')));
    expect(offenders).toEqual([]);
  });
});

describe('a query that is bound to a tenant', () => {
  let bound: Query;
  let close: () => Promise<void>;
  beforeAll(async () => {
    const door = await openFrontDoor();
    bound = boundTo('tnt_mine', door.store.query);
    close = door.close;
  });
  afterAll(() => close());

  const tasks = () => bound.selectFrom('tasks').select('id');

  it.each<[string, () => { compile(): unknown }]>([
    ['asks for everybody’s rows', () => tasks()],
    ['asks for another tenant’s', () => tasks().where('tenant_id', '=', 'tnt_other')],
    ['asks for more than its own', () => tasks().where('tenant_id', '>=', 'tnt_mine')],
    [
      'leaves a way around its own',
      () => tasks().where(({ or, eb }) => or([eb('tenant_id', '=', 'tnt_mine'), eb('id', '=', 'tsk_1')])),
    ],
    ['changes everybody’s rows', () => bound.updateTable('agents').set({ name: 'x' }).where('id', '=', 'agt_1')],
    ['removes everybody’s rows', () => bound.deleteFrom('labels').where('resource_id', '=', 'agt_1')],
    [
      'adds a row of another tenant among its own',
      () =>
        bound.insertInto('contents').values([
          { tenant_id: 'tnt_mine', hash: 'a', day: 0, body: '1' },
          { tenant_id: 'tnt_other', hash: 'a', day: 0, body: '1' },
        ]),
    ],
    [
      'adds what a statement finds',
      () => bound.insertInto('labels').expression(bound.selectFrom('labels').selectAll()),
    ],
    ['adds a tenant', () => bound.insertInto('tenants').values({ id: 'tnt_other' } as Database['tenants'])],
  ])('is refused where it %s', (_, statement) => {
    expect(() => statement().compile()).toThrow(/^A query of \w+ is not bound to its tenant\.$/);
  });

  it('is refused where it is written by hand and names no tenant', async () => {
    await expect(sql`SELECT id FROM tasks`.execute(bound)).rejects.toThrow('raw SQL is not bound to its tenant');
    await expect(sql`SELECT id FROM tasks WHERE tenant_id = ${'tnt_mine'}`.execute(bound)).resolves.toBeDefined();
  });

  it('runs where it asks for its own, and on tables that are nobody’s', async () => {
    await expect(tasks().where('tenant_id', '=', 'tnt_mine').where('id', '=', 'x').execute()).resolves.toEqual([]);
    await expect(
      bound.selectFrom('tasks as t').select('t.id').where('t.tenant_id', '=', 'tnt_mine').execute(),
    ).resolves.toEqual([]);
    await expect(bound.selectFrom('tenants').select('id').where('id', '=', 'tnt_mine').execute()).resolves.toEqual([]);
    await expect(bound.selectFrom('workers').select('id').execute()).resolves.toEqual([]);
  });
});

describe('a tenant’s scope', () => {
  it('does not reach above tenants, unless it was opened there', async () => {
    const door = await openFrontDoor();
    expect(() => door.services.scopeOf(door.tenantId).aboveTenants()).toThrow('does not reach above tenants');
    expect(new TenantScope(door.tenantId, door.store.query, 'all tenants').aboveTenants()).toBe(door.store.query);
    await door.close();
  });
});

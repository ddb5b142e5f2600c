import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifyWebhook } from '@runctl/core/webhooks';
import { Runctl, RunctlAuthenticationError, RunctlAuthorizationError } from '@runctl/sdk';
import type { ApiKey, CreatedApiKey, CreatedTenant, Tenant } from '@runctl/tenants';
import { sql } from 'kysely';
import { afterAll, describe, expect, it } from 'vitest';
import { reading } from '../faults/home-reader.test-rig.ts';
import { bookTool, scriptedAgent } from '../faults/story.test-rig.ts';
import { hearCommand } from '../heard-process.test-rig.ts';
import { runCommand } from '../runtime-process.test-rig.ts';
import { type BareHome, bareFolder, bareHomes, json, startOn, stopHomes } from './operator.test-rig.ts';

afterAll(stopHomes);

/** A deadline over what runtimes remember: a second, and the polls of a test. */
const soon = { interval: 100 };

async function allRows({ place }: BareHome, tables: readonly string[]): Promise<[string, string][]> {
  return reading(place, async (query) => {
    const found: [string, string][] = [];
    for (const table of tables) {
      const { rows } = await sql`SELECT * FROM ${sql.table(table)}`.execute(query);
      for (const row of rows) found.push([table, JSON.stringify(row)]);
    }
    return found;
  });
}

/** Every table of the database, whatever it holds. */
async function allTables({ place }: BareHome): Promise<string[]> {
  return reading(place, async (query) => (await query.introspection.getTables()).map(({ name }) => name));
}

describe.each(bareHomes)('beside a runtime on $name', ({ create }) => {
  it('keys are made, listed without themselves, and refused a moment after they are revoked', async () => {
    const home = await create();
    const runtime = await startOn(home);
    const flags = ['--role', 'member', '--scope', 'read', 'tasks', '--expires-in-days', '3'];
    const key = await json<CreatedApiKey>('keys', 'create', 'ci', ...flags, ...home.options);
    expect(key).toMatchObject({ name: 'ci', role: 'member', scopes: ['read', 'tasks'] });
    expect(Date.parse(key.expiresAt ?? '') - Date.parse(key.createdAt)).toBe(3 * 86_400_000);
    const client = new Runctl({ apiKey: key.key, baseUrl: runtime.url, retries: 0 });
    expect(await client.tenants.whoami()).toMatchObject({ role: 'member', scopes: ['read', 'tasks'] });

    const listed = await json<ApiKey[]>('keys', 'list', ...home.options);
    expect(listed.map(({ id }) => id)).toContain(key.id);
    expect(JSON.stringify(listed)).not.toContain(key.key.slice(12));
    const beyond = await runCommand('keys', 'create', 'x', '--role', 'viewer', '--scope', 'tasks', ...home.options);
    expect(beyond).toMatchObject({
      code: 1,
      errors: 'runctl: The role viewer cannot have the scope tasks; it can have read.\n',
    });

    const revoked = await runCommand('keys', 'revoke', key.id, ...home.options);
    expect(revoked).toMatchObject({ code: 0, output: expect.stringContaining(`ci (${key.id}) is revoked since`) });
    await expect
      .poll(() => client.tenants.whoami().catch((error: unknown) => error), soon)
      .toBeInstanceOf(RunctlAuthenticationError);
    const again = await runCommand('keys', 'revoke', 'key_nothing', ...home.options);
    expect(again).toMatchObject({ code: 1, errors: 'runctl: There is no api key with the id key_nothing.\n' });
    const owner = new Runctl({ apiKey: runtime.apiKey, baseUrl: runtime.url });
    const actions = await owner.tenants.iterAuditLog('current').toArray({ limit: 10 });
    expect(actions.map(({ actor, action }) => [actor, action])).toEqual([
      ['operator', 'api_key.revoke'],
      ['operator', 'api_key.create'],
    ]);
    await runtime.kill();
    home.remove();
  });

  it('a tenant is made, limited, suspended, and goes on with what it had queued when it is resumed', async () => {
    const home = await create();
    const runtime = await startOn(home);
    const tenant = await json<CreatedTenant>(
      'tenants',
      'create',
      'Acme',
      '--owner-email',
      'ada@acme.example',
      ...home.options,
    );
    const several = await runCommand('keys', 'list', ...home.options);
    expect(several).toMatchObject({ code: 1, errors: expect.stringContaining('Name one with --tenant') });
    const client = new Runctl({ apiKey: tenant.apiKey, baseUrl: runtime.url, retries: 0 });
    const agent = await scriptedAgent(client, [{ when: {}, reply: { text: 'done' } }]);

    await runCommand(
      'tenants',
      'limits',
      tenant.id,
      '--concurrent-tasks',
      '0',
      '--tasks-per-day',
      '1',
      ...home.options,
    );
    const limits = await json<Tenant['limits']>('tenants', 'limits', tenant.id, ...home.options);
    expect(limits).toMatchObject({ concurrentTasks: 0, tasksPerDay: 1, agents: null });
    const task = await client.tasks.create({ agentId: agent.id, input: { payload: {} } });
    await expect(client.tasks.create({ agentId: agent.id, input: { payload: {} } })).rejects.toMatchObject({
      status: 402,
    });

    await runCommand('tenants', 'suspend', tenant.id, ...home.options);
    await expect
      .poll(() => client.tasks.cancel('tsk_none').catch((error: unknown) => error), soon)
      .toBeInstanceOf(RunctlAuthorizationError);
    expect(await client.tasks.getById(task.id)).toMatchObject({ status: 'queued' });
    await runCommand('tenants', 'limits', tenant.id, '--concurrent-tasks', 'none', ...home.options);
    const listed = await json<Tenant[]>('tenants', 'list', ...home.options);
    expect(listed.find(({ id }) => id === tenant.id)).toMatchObject({ name: 'Acme', status: 'suspended' });
    await runCommand('tenants', 'resume', tenant.id, ...home.options);
    expect(await client.tasks.waitForCompletion(task.id, { timeoutMs: 120_000 })).toMatchObject({
      status: 'completed',
    });
    await runtime.kill();
    home.remove();
  });

  it('a deleted tenant leaves no row in any table, and all of the others’ rows', async () => {
    const home = await create();
    const runtime = await startOn(home);
    const [gone, stays] = [
      await json<CreatedTenant>('tenants', 'create', 'Gone', '--owner-email', 'gone@acme.example', ...home.options),
      await json<CreatedTenant>('tenants', 'create', 'Stays', '--owner-email', 'stays@acme.example', ...home.options),
    ];
    for (const { apiKey } of [gone, stays]) {
      const client = new Runctl({ apiKey, baseUrl: runtime.url });
      const agent = await scriptedAgent(client, [{ when: {}, reply: { text: 'done' } }], { labels: { team: 'a' } });
      const task = await client.tasks.create({ agentId: agent.id, input: { payload: {} }, labels: { run: '1' } });
      await client.tasks.waitForCompletion(task.id, { timeoutMs: 120_000 });
      await client.tenants.createInviteCode('current', { role: 'viewer' });
      // Under way when the tenant goes: its commits have to be refused.
      const slow = await scriptedAgent(client, [{ when: {}, reply: { text: 'late', delayMs: 3_000 } }]);
      await client.tasks.create({ agentId: slow.id, input: { payload: {} } });
    }
    const asked = await runCommand('tenants', 'delete', gone.id, ...home.options);
    expect(asked).toMatchObject({ code: 1, errors: expect.stringContaining('add --yes') });
    expect(asked.output).toMatch(/steps +\d/);

    const deleted = await runCommand('tenants', 'delete', gone.id, '--yes', ...home.options);
    expect(deleted).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^Gone .* is deleted, with \d+ rows\.\n$/),
    });
    const client = new Runctl({ apiKey: gone.apiKey, baseUrl: runtime.url, retries: 0 });
    await expect(client.tenants.whoami()).rejects.toBeInstanceOf(RunctlAuthenticationError);
    const other = new Runctl({ apiKey: stays.apiKey, baseUrl: runtime.url });
    await expect.poll(async () => (await other.tasks.list({ status: 'completed' })).data.length, soon).toBe(2);
    const rows = await allRows(home, await allTables(home));
    expect(rows.filter(([, row]) => row.includes(gone.id))).toEqual([]);
    expect(new Set(rows.filter(([, row]) => row.includes(stays.id)).map(([table]) => table))).toContain('audit_log');
    // Its log only grows again, too.
    await expect(
      reading(home.place, (query) => query.deleteFrom('audit_log').where('tenant_id', '=', stays.id).execute()),
    ).rejects.toThrow('audit_log only grows');
    await runtime.kill();
    home.remove();
  });
});

describe('the signing secret of a tenant', () => {
  it('verifies what an HTTP tool receives, and a new one takes its place at once', async () => {
    const home = bareFolder();
    const runtime = await startOn(home);
    const client = new Runctl({ apiKey: runtime.apiKey, baseUrl: runtime.url });
    const { tenantId } = await client.tenants.whoami();
    const received: { body: string; headers: Record<string, string> }[] = [];
    const tool = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += String(chunk);
      });
      request.on('end', () => {
        received.push({ body, headers: request.headers as Record<string, string> });
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
    await new Promise<void>((resolve) => tool.listen(0, '127.0.0.1', resolve));
    const agent = await scriptedAgent(
      client,
      [
        { when: { step: 1 }, reply: { toolCalls: [{ name: 'book', arguments: {} }] } },
        { when: {}, reply: { text: 'booked' } },
      ],
      { tools: [bookTool(`http://127.0.0.1:${(tool.address() as AddressInfo).port}/`, false)] },
    );
    const call = async () => {
      const task = await client.tasks.create({ agentId: agent.id, input: { payload: {} } });
      await client.tasks.waitForCompletion(task.id, { timeoutMs: 120_000 });
      return received.at(-1) ?? { body: '', headers: {} };
    };

    const printed = await runCommand('tenants', 'signing-secret', tenantId, ...home.options);
    const secret = printed.output.trim();
    expect(secret).toMatch(/^whsec_/);
    const first = await call();
    expect(await verifyWebhook(first.body, first.headers, secret)).toMatchObject({ name: 'book' });

    const { signingSecret } = await json<{ signingSecret: string }>(
      ...['tenants', 'signing-secret', tenantId, '--rotate', ...home.options],
    );
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const second = await call();
    expect(await verifyWebhook(second.body, second.headers, signingSecret)).toMatchObject({ name: 'book' });
    await expect(verifyWebhook(second.body, second.headers, secret)).rejects.toThrow();
    await runtime.kill();
    await new Promise((resolve) => tool.close(resolve));
    home.remove();
  });
});

describe('a folder whose only tenant is deleted', () => {
  it('has no key to make: the next start says that a tenant comes first', async () => {
    const home = bareFolder();
    await (await startOn(home)).kill();
    const [only] = await json<Tenant[]>('tenants', 'list', ...home.options);
    await runCommand('tenants', 'delete', only?.id ?? '', '--yes', ...home.options);
    const again = await hearCommand(['dev', '--port', '0', ...home.options]);
    await again.says(/API key {4}none, since there is no tenant: `runctl tenants create` makes one, and its key\n/);
    again.signal('SIGKILL');
    await again.exited;
    home.remove();
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runctl, RunctlAuthenticationError } from '@runctl/sdk';
import type { CreatedTenant } from '@runctl/tenants';
import { sql } from 'kysely';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { expectInvariants, reading } from '../faults/home-reader.test-rig.ts';
import { listenInVain, scriptedAgent } from '../faults/story.test-rig.ts';
import { runCommand } from '../runtime-process.test-rig.ts';
import { type BareHome, bareHomes, json, startOn, stopHomes } from './operator.test-rig.ts';

const files = mkdtempSync(join(tmpdir(), 'runctl-backups-'));
afterAll(async () => {
  rmSync(files, { recursive: true, force: true });
  await stopHomes();
}, 60_000);
vi.setConfig({ testTimeout: 600_000 });

/** A deadline over all that a loaded machine does in between. */
const inTime = { timeoutMs: 180_000 };
const soon = { timeout: 60_000, interval: 100 };

const says = (text: string, delayMs = 0) => ({
  metadata: { simulation: { rules: [{ when: {}, reply: { text, delayMs } }] } },
});
const agentConfig = {
  name: 'Scripted',
  type: 'reactive',
  modelProvider: 'simulated',
  model: 'scripted',
  systemPrompt: 'Work.',
} as const;

/** Three model calls that take their time, with a tool between them. */
const slowly = [1, 3].map((step) => ({
  when: { step },
  reply: { toolCalls: [{ name: 'calculator', arguments: { expression: `1 + ${step}` } }], delayMs: 2_500 },
}));

async function deploy(client: Runctl, agentId: string): Promise<void> {
  const { id } = await client.agents.deploy(agentId, { replicas: 4 });
  await client.agents.waitForDeployment(agentId, id, { ...inTime, throwOnFailure: true });
}

/** What a tenant has done and is doing, and what it was told. */
async function playTo(client: Runctl) {
  const quick = await scriptedAgent(client, [{ when: {}, reply: { text: 'one' } }]);
  const slow = await scriptedAgent(client, [...slowly, { when: {}, reply: { text: 'done', delayMs: 2_500 } }], {
    tools: ['calculator'],
  });
  const asking = await scriptedAgent(
    client,
    [
      { when: { step: 1 }, reply: { toolCalls: [{ name: 'ask_human', arguments: { question: 'Well?' } }] } },
      { when: {}, reply: { text: 'answered' } },
    ],
    { tools: ['ask_human'] },
  );
  const create = (agentId: string, idempotencyKey?: string) =>
    client.tasks.create({ agentId, input: { payload: {} } }, idempotencyKey === undefined ? {} : { idempotencyKey });
  const finished = await create(quick.id, 'order-1');
  await client.tasks.waitForCompletion(finished.id, inTime);
  const waiting = await create(asking.id);
  const slowTasks = await Promise.all(Array.from({ length: 6 }, () => create(slow.id)));
  const definition = await client.workflowDefinitions.create({
    name: 'Two',
    pattern: 'sequential',
    steps: [
      { stepId: 'slow', name: 'Slow', agentId: slow.id },
      { stepId: 'quick', name: 'Quick', agentId: quick.id, dependsOn: ['slow'] },
    ],
  });
  const workflow = await client.workflows.execute({ workflowDefinitionId: definition.id, input: {} });
  const stale = await client.agents.create({ ...agentConfig, ...says('right', 15_000) });
  const staleTask = await create(stale.id);
  const status = async (id: string) => (await client.tasks.getById(id)).status;
  await expect.poll(() => status(waiting.id), soon).toBe('waiting');
  // Some are at work and have a step behind them, others wait for a slot.
  await expect.poll(async () => (await client.tasks.list({ status: 'running' })).data.length, soon).toBeGreaterThan(2);
  return { quick, finished, waiting, slowTasks, workflow, stale, staleTask };
}

type Played = Awaited<ReturnType<typeof playTo>>;

/** All that was under way at the time of the backup comes to its end, once. */
async function expectToGoOn(client: Runctl, played: Played): Promise<void> {
  const { finished, waiting, slowTasks, workflow, quick } = played;
  expect(await client.tasks.getById(finished.id)).toMatchObject({ status: 'completed', result: 'one' });
  const again = await client.tasks.create({ agentId: quick.id, input: { payload: {} } }, { idempotencyKey: 'order-1' });
  expect(again.id).toBe(finished.id);
  await client.tasks.respond(waiting.id, { answer: 'Well.' });
  for (const { id } of [...slowTasks, waiting]) {
    expect(await client.tasks.waitForCompletion(id, inTime)).toMatchObject({ status: 'completed' });
  }
  await expect
    .poll(async () => (await client.workflows.getById(workflow.id)).status, { ...soon, timeout: 180_000 })
    .toBe('completed');
}

/** What processes write by themselves, now and then. */
const ofProcesses = [
  ...['instances', 'usage_hours', 'usage_folds'],
  ...['statistics_folds', 'stale_hours', 'finished_hours', 'bad_end_hours', 'tool_hours'],
];

/** Every row of a tenant, but for those, and for when a key was used. */
async function rowsOf({ place }: BareHome, tenantId: string): Promise<string[]> {
  return reading(place, async (query) => {
    const found: string[] = [];
    for (const { name, columns } of await query.introspection.getTables()) {
      if (ofProcesses.includes(name) || !columns.some((column) => column.name === 'tenant_id')) continue;
      const { rows } = await sql<object>`SELECT * FROM ${sql.table(name)} WHERE tenant_id = ${tenantId}`.execute(query);
      found.push(...rows.map((row) => `${name} ${JSON.stringify({ ...row, last_used_at: null })}`));
    }
    return found.sort();
  });
}

describe.each(bareHomes)('one tenant is restored beside a runtime at work on $name', ({ name, create }) => {
  it('in its own place, and again after it was deleted: its tasks go on, its access does not go back', async () => {
    vi.stubEnv('RUNCTL_EGRESS_ALLOW', '127.0.0.1/32');
    const home = await create();
    const runtime = await startOn(home);
    const other = new Runctl({ apiKey: runtime.apiKey, baseUrl: runtime.url });
    const { tenantId: otherId } = await other.tenants.whoami();
    const agent = await scriptedAgent(other, [{ when: {}, reply: { text: 'mine' } }]);
    const own = await other.tasks.create({ agentId: agent.id, input: { payload: {} } });
    await other.tasks.waitForCompletion(own.id, inTime);
    const tenant = await json<CreatedTenant>(
      'tenants',
      'create',
      'Acme',
      '--owner-email',
      'ada@acme.example',
      ...home.options,
    );
    await runCommand('tenants', 'limits', tenant.id, '--tasks-per-day', '500', ...home.options);
    const client = new Runctl({ apiKey: tenant.apiKey, baseUrl: runtime.url });
    await listenInVain(client);
    const lost = await client.tenants.apiKeys.create('current', { name: 'lost', role: 'member' });
    const played = await playTo(client);
    const file = join(files, `${name}.backup`);
    expect(await runCommand('backup', file, ...home.options)).toMatchObject({ code: 0 });

    // After the backup: another version of the agent, tasks, a key that came and one that went.
    await client.agents.update(played.quick.id, says('two'));
    await deploy(client, played.quick.id);
    const since = await client.tasks.create({ agentId: played.quick.id, input: { payload: {} } });
    expect(await client.tasks.waitForCompletion(since.id, inTime)).toMatchObject({ result: 'two' });
    const made = await client.tenants.apiKeys.create('current', { name: 'since', role: 'owner' });
    await client.tenants.apiKeys.revoke('current', lost.id);
    const beside = await rowsOf(home, otherId);
    // Under way right now, under a claim of the number that the next one will have, and of an agent that is none then.
    await client.agents.update(played.stale.id, says('wrong', 15_000));
    await deploy(client, played.stale.id);
    await expect.poll(async () => (await client.tasks.getById(played.staleTask.id)).status, soon).toBe('running');

    const options = ['--tenant', tenant.id, ...home.options];
    const replaced = await json<{ requeuedTasks: number }>('restore', file, '--replace', ...options);
    expect(replaced.requeuedTasks).toBeGreaterThan(2);
    await expect(client.tasks.getById(since.id)).rejects.toMatchObject({ status: 404 });
    const newer = new Runctl({ apiKey: made.key, baseUrl: runtime.url });
    expect(await newer.agents.getById(played.quick.id)).toMatchObject({ version: 1 });
    // The number that a version had which is gone means another one now.
    await expect
      .poll(() => newer.agents.update(played.quick.id, says('three')).then(({ version }) => version, String), soon)
      .toBe(2);
    await deploy(newer, played.quick.id);
    const third = await newer.tasks.create({ agentId: played.quick.id, input: { payload: {} } });
    expect(await newer.tasks.waitForCompletion(third.id, inTime)).toMatchObject({ result: 'three' });
    const revoked = new Runctl({ apiKey: lost.key, baseUrl: runtime.url, retries: 0 });
    await expect(revoked.tenants.whoami()).rejects.toBeInstanceOf(RunctlAuthenticationError);
    await deploy(newer, played.stale.id);
    expect(await newer.tasks.waitForCompletion(played.staleTask.id, inTime)).toMatchObject({ result: 'right' });
    await expectToGoOn(client, played);
    const acknowledged = [played.finished, played.waiting, played.staleTask, ...played.slowTasks].map(({ id }) => id);
    await expectInvariants(home.place, { acknowledged });
    expect(await rowsOf(home, otherId)).toEqual(beside);

    await runCommand('tenants', 'delete', tenant.id, '--yes', ...home.options);
    await json('restore', file, ...options);
    await expect.poll(() => client.tenants.whoami().then(({ tenantId }) => tenantId, String), soon).toBe(tenant.id);
    await deploy(client, played.stale.id);
    expect(await client.tasks.waitForCompletion(played.staleTask.id, inTime)).toMatchObject({ result: 'right' });
    await expectToGoOn(client, played);
    // Nobody knows any more that it was revoked since.
    expect(await revoked.tenants.whoami()).toMatchObject({ tenantId: tenant.id });
    await expectInvariants(home.place, { acknowledged });
    expect(await rowsOf(home, otherId)).toEqual(beside);
    await runtime.kill();
    home.remove();
  });
});

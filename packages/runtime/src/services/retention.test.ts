import type { Task } from '@runctl/tasks';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sqliteHome, stopHomes, storeHomes } from '../store/store-homes.test-rig.ts';
import { removeOldKeys } from './idempotent-writes.ts';
import { removeOldRows } from './retention.ts';
import { type Rule, RunningTenant } from './running-tenant.test-rig.ts';

const dayMs = 86_400_000;
const rules: Rule[] = [
  { when: { text: 'sum' }, reply: { toolCalls: [{ name: 'calculator', arguments: { a: 1, b: 2 } }] } },
  { when: { tool: 'calculator' }, reply: { toolCalls: [{ name: 'memory', arguments: { key: 'sum', value: 3 } }] } },
  { when: { tool: 'memory' }, reply: { text: 'It is 3.' } },
  { when: { text: 'Which' }, reply: { toolCalls: [{ name: 'ask_human', arguments: { question: 'Which?' } }] } },
];

afterAll(stopHomes);

describe.each(storeHomes)('what is too old on $name', ({ create }) => {
  let tenant: RunningTenant;
  beforeEach(async () => {
    tenant = await RunningTenant.start(create);
  });
  afterEach(() => tenant.close());

  const adder = () => tenant.agent(rules, { tools: ['calculator', 'memory', 'ask_human'] });
  const bodies = async () => {
    const rows = await tenant.scope.contents().select('body').execute();
    return rows.map(({ body }) => body).join('\n');
  };
  const rowsOf = async ({ id }: Task) => {
    const steps = await tenant.scope.steps().select('step').where('task_id', '=', id).execute();
    const events = await tenant.scope.events().select('seq').where('subject_id', '=', id).execute();
    return { steps: steps.length, events: events.length };
  };
  const later = (days: number) => removeOldRows(tenant.store, tenant.tenantId, Date.now() + days * dayMs);
  const endedLater = ({ id }: Task, days: number) =>
    tenant.store.write(({ query }) =>
      query
        .updateTable('tasks')
        .set({ finished_at: Date.now() + days * dayMs })
        .where('id', '=', id)
        .execute(),
    );
  const states = (task: Task) =>
    Promise.all([1, 2, 3, 4, 5, 6].map((step) => tenant.traces.getSnapshot(tenant.scope, task.id, step)));

  it('goes with all that it named, and what kept traces name stays', async () => {
    const agent = await adder();
    const gone = await tenant.run(agent, { message: 'The sum that nobody keeps?' });
    const source = await tenant.run(agent, { message: 'The sum that a fork stands on?' });
    const fork = await tenant.forkAndRun(source.id, { step: 3 });
    const waiting = await tenant.create(agent, { message: 'Which one is waited for?' });
    await expect
      .poll(async () => (await tenant.scope.tasks().select('status').where('id', '=', waiting.id).execute())[0]?.status)
      .toBe('waiting');
    await endedLater(fork, 39);
    const before = await states(fork);

    await later(40);
    expect(await rowsOf(gone)).toEqual({ steps: 0, events: 1 });
    expect((await rowsOf(source)).steps).toBe(5);
    const kept = await bodies();
    expect(kept).not.toContain('nobody keeps');
    expect(kept).toContain('a fork stands on');
    expect(kept).toContain('is waited for');
    expect(await states(fork)).toEqual(before);
    expect(await tenant.forkAndRun(fork.id, { step: 5 })).toMatchObject({ status: 'completed', result: 'It is 3.' });

    await endedLater(fork, 0);
    await later(80);
    for (const task of [gone, source, fork]) expect(await rowsOf(task)).toEqual({ steps: 0, events: 1 });
    const left = await bodies();
    expect(left).not.toContain('a fork stands on');
    expect(left).toContain('is waited for');
    await expect(tenant.fork(fork.id, { step: 3 })).rejects.toMatchObject({ code: 'task.trace_removed' });
    await expect(tenant.traces.getSnapshot(tenant.scope, fork.id, 3)).rejects.toMatchObject({
      code: 'task.trace_removed',
    });
    expect((await tenant.scope.tasks().select('result').where('id', '=', gone.id).execute())[0]?.result).toBe(
      '"It is 3."',
    );
  });

  it('does not take what is written anew, though the same was written long ago', async () => {
    const agent = await adder();
    await tenant.run(agent, { message: 'The sum, again and again?' });
    await tenant.store.write(({ query }) =>
      query
        .updateTable('contents')
        .set(({ eb }) => ({ day: eb('day', '-', 60) }))
        .execute(),
    );
    const task = await tenant.run(agent, { message: 'The sum, again and again?' });
    const before = await states(task);
    await later(0);
    expect(await states(task)).toEqual(before);
    const old = await tenant.scope
      .contents()
      .select('hash')
      .where('day', '<', Math.floor(Date.now() / dayMs) - 1)
      .execute();
    // The first task is kept too, and was made after that day.
    expect(old).toEqual([]);
  });

  it('among the events of agents goes but for the last, and so do lines of logs', async () => {
    const agent = await adder();
    const events = () => tenant.scope.events().select('seq').where('subject_id', '=', agent.id).execute();
    const last = (await events()).at(-1);
    expect(last?.seq).toBeGreaterThan(1);
    await later(20);
    expect((await events()).at(-1)).toEqual(last);
    await later(40);
    expect(await events()).toEqual([last]);
  });

  it('among recorded answers goes some at a time', async () => {
    const rows = Array.from({ length: 40 }, (_, at) => ({
      ...{ tenant_id: tenant.tenantId, route: 'POST /x', idempotency_key: `key ${at}`, request_hash: 'h' },
      ...{ status: 200, body: '{}', created_at: Date.now() - (at < 30 ? 2 * dayMs : 0) },
    }));
    await tenant.store.write(({ query }) => query.insertInto('idempotency_keys').values(rows).execute());
    while (await tenant.store.write(({ query }) => removeOldKeys(query, Date.now())));
    expect(await tenant.scope.idempotencyKeys().select('idempotency_key').execute()).toHaveLength(10);
  });
});

it('the room of what was removed is given back to the disk, but for a share that comes next', async () => {
  const tenant = await RunningTenant.start(sqliteHome);
  const agent = await tenant.agent(rules);
  const large = 'x'.repeat(60_000);
  for (let at = 0; at < 30; at += 1) await tenant.run(agent, { message: `The sum ${at} ${large}?` });
  const pages = async () => {
    const { rows } = await sql<{ page_count: number }>`PRAGMA page_count`.execute(tenant.store.query);
    return rows[0]?.page_count ?? 0;
  };
  const before = await pages();
  // The inputs stay with their tasks; the pieces of their snapshots go.
  await removeOldRows(tenant.store, tenant.tenantId, Date.now() + 40 * dayMs);
  while (await tenant.store.giveBackSpace());
  const after = await pages();
  expect(after).toBeLessThan(before * 0.75);
  const { rows } = await sql<{ freelist_count: number }>`PRAGMA freelist_count`.execute(tenant.store.query);
  expect(rows[0]?.freelist_count).toBeLessThanOrEqual(Math.ceil(after / 8));
  await tenant.close();
});

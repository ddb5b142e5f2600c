import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StepRow, TaskRow } from '../../store/schema.ts';
import { type StoreHome, stopHomes, storeHomes } from '../../store/store-homes.test-rig.ts';
import { removeOldRows } from '../retention.ts';
import { failed, openPast, type Past } from '../statistics.test-rig.ts';
import { foldHours } from './fold-hours.ts';

afterAll(stopHomes);

const hour = 60 * 60_000;
const day = 24 * hour;
/** Of the database's clock too: hours that have not passed there are not summed up. */
const now = Date.now();
/** Each looks at everything several times. */
const timeout = 120_000;

describe.each(storeHomes)('hours that are summed up on $name', ({ create }) => {
  let home: StoreHome;
  let past: Past;
  let otherAgent: string;
  beforeEach(async () => {
    home = await create();
    past = await openPast(home, now);
    otherAgent = past.agentId.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
  });
  afterEach(async () => {
    await past.close();
    await home.remove();
  });
  const looks = async () => {
    const paths = [
      '/tasks/stats',
      '/tasks/stats?period=week&teamId=tem_1',
      `/tasks/stats?period=week&teamId=tem_1&agentId=${past.agentId}`,
      '/tasks/history?period=month',
      '/tasks/history?period=3d',
      '/tasks/history?period=365d',
      `/tasks/history?period=day&agentId=${past.agentId}`,
      '/tenants/current/usage/history?period=week',
      '/tasks?limit=1&status=failed',
      `/agents/${past.agentId}/metrics?period=3d`,
      `/agents/${past.agentId}/metrics?period=month`,
      `/agents/${past.agentId}/analytics/performance`,
      `/agents/${past.agentId}/analytics/optimization`,
    ];
    const answers = await Promise.all(paths.map((path) => past.get(path)));
    expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 200));
    return Object.fromEntries(answers.map(({ body }, at) => [paths[at], body]));
  };
  const write = (change: Parameters<Past['door']['store']['write']>[0]) => past.door.store.write(change);
  const fold = () => foldHours(past.door.store.ofTenant(past.door.tenantId), past.door.tenantId, now);
  const summedHours = async () => {
    const rows = await past.door.store.query
      .selectFrom('finished_hours')
      .select('total')
      .where('owner', '=', '')
      .execute();
    return rows.reduce((sum, { total }) => sum + total, 0);
  };
  const staleHours = async () => (await past.door.store.query.selectFrom('stale_hours').selectAll().execute()).length;
  /** The same looks with no sum to read. */
  const fromRows = async () => {
    await write(async ({ query }) => {
      for (const table of ['statistics_folds', 'finished_hours', 'tool_hours', 'bad_end_hours'] as const) {
        await query.deleteFrom(table).where('tenant_id', '=', past.door.tenantId).execute();
      }
    });
    return looks();
  };
  const ended = (at: number): Partial<TaskRow> => ({
    ...(at % 7 === 2 ? failed(at % 14 === 2 ? 'timeout' : 'max_steps', `After ${at} s.`) : {}),
    ...(at % 11 === 3 ? { status: 'cancelled' as const, result: null, started_at: null } : {}),
    ...(at % 5 === 1 ? { agent_id: otherAgent, agent_version: 2 } : {}),
    ...(at % 6 === 1 ? { team_id: 'tem_1' } : {}),
    ...(at % 9 === 4 ? { simulated: 1 } : {}),
    ...(at % 13 === 5 ? { cost_microusd: null } : {}),
    ...(at % 4 === 0 ? { agent_version: 2 } : {}),
    input_tokens: at,
  });
  const called = (at: number): Partial<StepRow> => ({
    name: at % 3 === 0 ? 'calculator' : 'http_get',
    status: at % 4 === 0 ? 'failed' : 'completed',
    input: JSON.stringify({ at: at % 2 }),
  });
  /** Tasks over some days, with tool calls. */
  const write60 = () =>
    past.tasks(
      Array.from({ length: 60 }, (_, at) => {
        const minutesAgo = 10 + at * 77;
        const finished_at = now - minutesAgo * 60_000;
        const call = { ...called(at), started_at: finished_at - at, finished_at };
        const change = { started_at: finished_at - at * 10, ...ended(at) };
        return { minutesAgo, change, steps: at % 2 === 0 ? [call, call] : [] };
      }),
    );

  /** As the end of a task comes late: a row that is there is changed. */
  const endLate = async (minutesAgo: number, change: Partial<TaskRow>) => {
    const end = { status: 'completed' as const, finished_at: now - minutesAgo * 60_000, ...change };
    const id = await past.task(minutesAgo, { ...change, status: 'running', finished_at: null });
    await write(({ query }) => query.updateTable('tasks').set(end).where('id', '=', id).execute());
    return id;
  };

  it('say the same as the rows, also where something comes, changes or goes later', { timeout }, async () => {
    const ids = await write60();
    const before = await looks();
    await fold();
    expect(await summedHours()).toBeGreaterThan(50);
    expect(await staleHours()).toBeLessThanOrEqual(2);
    expect(await looks()).toEqual(before);

    // Late ends, of which one was created before every window; a change, another task’s turn to simulated, one that goes.
    const late = await endLate(50 * 60, failed('timeout'));
    await past.step(late, { finished_at: now - 50 * hour, status: 'failed' });
    await endLate(30 * 60, { created_at: now - 40 * day });
    await endLate(60 * 24 * 20, {});
    await write(async ({ query }) => {
      await query
        .updateTable('tasks')
        .set({ cost_microusd: 9 })
        .where('id', '=', ids[20] ?? '')
        .execute();
      await query
        .updateTable('tasks')
        .set({ simulated: 1 })
        .where('id', '=', ids[24] ?? '')
        .execute();
      await query
        .deleteFrom('tasks')
        .where('id', '=', ids[30] ?? '')
        .execute();
      await query
        .updateTable('tasks')
        .set({ finished_at: now - 70 * hour })
        .where('id', '=', ids[40] ?? '')
        .execute();
    });
    expect(await staleHours()).toBeGreaterThan(3);
    const noticed = await looks();
    await fold();
    const again = await looks();
    const counted = await fromRows();
    expect(noticed).not.toEqual(before);
    expect(noticed).toEqual(counted);
    expect(again).toEqual(counted);
  });

  it('say the same as the rows when traces are too old, and when all tasks are gone', { timeout }, async () => {
    await write60();
    await fold();
    await write(({ query }) =>
      query
        .updateTable('tenants')
        .set({ settings: JSON.stringify({ traceRetentionDays: 1 }) })
        .where('id', '=', past.door.tenantId)
        .execute(),
    );
    const calls = (answer: Awaited<ReturnType<typeof looks>>) =>
      JSON.stringify(answer[`/agents/${past.agentId}/metrics?period=month`]?.tools);
    const before = await looks();
    await removeOldRows(past.door.store, past.door.tenantId, now);
    const noticed = await looks();
    expect(calls(noticed)).not.toBe(calls(before));
    await fold();
    const again = await looks();
    const counted = await fromRows();
    expect(noticed).toEqual(counted);
    expect(again).toEqual(counted);

    await fold();
    await write(({ query }) => query.deleteFrom('tasks').where('tenant_id', '=', past.door.tenantId).execute());
    expect((await looks())['/tasks/stats']).toMatchObject({ total: 0 });
    await fold();
    expect(await summedHours()).toBe(0);
    expect((await looks())['/tasks/stats']).toMatchObject({ total: 0 });
  });

  it('are closed ones alone, and each once however many sum them up', { timeout }, async () => {
    await write60();
    await past.task(0);
    await Promise.all([fold(), fold()]);
    const closed = Math.floor((now - 5 * 60_000) / hour) * hour;
    const rows = await past.door.store.query
      .selectFrom('tasks')
      .select('id')
      .where('finished_at', '<', closed)
      .execute();
    expect(await summedHours()).toBe(rows.length);
    expect(await looks()).toEqual(await fromRows());
  });
});

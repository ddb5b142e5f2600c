import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pick } from '../engine/policy.ts';
import { type FrontDoor, openFrontDoor, simulatedAgent } from '../http/front-door.test-rig.ts';
import type { StepRow } from '../store/schema.ts';
import { type StoreHome, stopHomes, storeHomes } from '../store/store-homes.test-rig.ts';
import { removeOldTraces } from './retention.ts';
import { holdSpenders } from './spend.ts';
import { setTenantLimits } from './tenants.ts';
import { UsageMeter } from './usage/usage-meter.ts';

afterAll(stopHomes);

const hour = 3_600_000;
const { year, month } = { year: new Date().getUTCFullYear(), month: new Date().getUTCMonth() };
// In the middle of a month, and never before what other tests have made: ids are made in the order of time.
let nextNoon = Date.UTC(year, month + 1, 10, 12, 30);

describe.each(storeHomes)('usage on $name', ({ create }) => {
  let home: StoreHome;
  let door: FrontDoor;
  let now: number;
  let agentId: string;

  beforeAll(async () => {
    home = await create();
  });
  afterAll(() => home.remove());
  beforeEach(async () => {
    now = nextNoon;
    nextNoon += 24 * hour;
    door = await openFrontDoor({ store: await home.open(), now: () => now });
    agentId = (await door.call('POST /v1/agents', { body: simulatedAgent })).body.id;
  });
  afterEach(async () => {
    expect(door.errors).toEqual([]);
    await door.close();
  });

  const createTask = async () =>
    (await door.call('POST /v1/tasks', { body: { agentId, input: { payload: {} } } })).body.id as string;

  /** A model call that ended now. */
  async function step(taskId: string, at: number, change: Partial<StepRow> = {}): Promise<void> {
    const row: StepRow = {
      task_id: taskId,
      step: at,
      tenant_id: door.tenantId,
      kind: 'model',
      name: 'gpt',
      status: 'completed',
      entry: '{}',
      input: 'null',
      output: '"x"',
      error: null,
      model: JSON.stringify({ provider: 'openai', model: 'gpt', finishReason: 'stop', simulated: false }),
      tool: null,
      child_task_id: null,
      input_tokens: 100,
      cache_read_tokens: 10,
      cache_write_tokens: 0,
      output_tokens: 50,
      reasoning_tokens: 5,
      cost_microusd: 2_000,
      started_at: now,
      finished_at: now,
      ...change,
    };
    await door.store.write(({ query }) => query.insertInto('steps').values(row).execute());
  }

  const usage = async () => (await door.call('GET /v1/tenants/current/usage')).body;
  const billing = async () => (await door.call('GET /v1/tenants/current/billing')).body;

  it('sums what was executed, with simulated calls left out and unknown prices told apart', async () => {
    const task = await createTask();
    await step(task, 1);
    await step(task, 2, { finished_at: now - 24 * hour });
    const simulated = { provider: 'simulated', model: 'echo', finishReason: 'stop', simulated: true };
    await step(task, 3, { model: JSON.stringify(simulated), cost_microusd: 0 });
    expect(await usage()).toMatchObject({
      queuedTasks: 1,
      runningTasks: 0,
      tasksToday: 1,
      tokensToday: 150,
      tokensThisPeriod: 300,
    });
    await step(task, 4, {
      model: JSON.stringify({ provider: 'openai-compatible', model: 'own', simulated: false }),
      cost_microusd: null,
    });
    expect(await usage()).toMatchObject({ tokensToday: 300, costThisPeriodUsd: null });
    expect(await billing()).toMatchObject({
      provider: 'none',
      currentSpend: 0.004,
      lines: [
        { description: 'openai-compatible/own', quantity: 150, unit: 'tokens', amount: 0 },
        { description: 'openai/gpt', quantity: 300, unit: 'tokens', amount: 0.004 },
      ],
    });
    expect((await door.call('GET /v1/tenants/current/usage', { key: door.otherKey })).body.tokensToday).toBe(0);
  });

  it('counts the same after hours are summed up and old traces are gone, and keeps what forks stand on', async () => {
    await door.call('PATCH /v1/tenants/current', { body: { settings: { traceRetentionDays: 1 } } });
    const [old, source, fork, kept] = [await createTask(), await createTask(), await createTask(), await createTask()];
    for (const task of [old, source, fork, kept]) await step(task, 1);
    const end = (id: string, finished_at: number, forked_from_task: string | null = null) =>
      door.store.write(({ query }) =>
        query
          .updateTable('tasks')
          .set({ status: 'completed', finished_at, forked_from_task })
          .where('id', '=', id)
          .execute(),
      );
    await end(old, now);
    await end(source, now);
    await end(fork, now + 40 * hour, source);
    const before = (await billing()).currentSpend;
    now += 30 * hour;
    expect(await removeOldTraces(door.store, door.tenantId, now)).toBe(1);
    expect((await billing()).currentSpend).toBe(before);
    const left = async () => {
      const rows = await door.store.query
        .selectFrom('steps')
        .select('task_id')
        .where('tenant_id', '=', door.tenantId)
        .execute();
      return rows.map(({ task_id }) => task_id).toSorted();
    };
    expect(await left()).toEqual([source, fork, kept].toSorted());
    expect(await removeOldTraces(door.store, door.tenantId, now)).toBe(0);
    // The fork's own trace goes, and with it the reason to keep the source's.
    now += 40 * hour;
    expect(await removeOldTraces(door.store, door.tenantId, now)).toBe(2);
    expect(await left()).toEqual([kept]);
    expect((await door.call(`GET /v1/tasks/${old}`)).body.status).toBe('completed');
    const hours = await door.store.query
      .selectFrom('usage_hours')
      .selectAll()
      .where('tenant_id', '=', door.tenantId)
      .execute();
    expect(hours.map(({ input_tokens, cost_microusd }) => [input_tokens, cost_microusd])).toEqual([[400, 8_000]]);
  });

  it('has histories by model, agent and time, without a gap, and the same before and after hours are summed up', async () => {
    const task = await createTask();
    await step(task, 1);
    now += 2 * hour;
    await step(task, 2);
    await step(task, 3, { model: JSON.stringify({ provider: 'x', model: 'own' }), cost_microusd: null });
    await door.store.write(({ query }) =>
      query
        .updateTable('tasks')
        .set({ status: 'failed', started_at: now - 5_000, finished_at: now })
        .where('id', '=', task)
        .execute(),
    );
    now += hour;
    const read = async (what: string) =>
      (await door.call(`GET /v1/tenants/current/usage/${what}?period=6h&granularity=hour`)).body;
    const [history, tokens, costs] = [await read('history'), await read('tokens'), await read('costs')];
    expect(history.points).toHaveLength(7);
    expect(history.points[5]).toMatchObject({ tasks: 1, failedTasks: 1, activeAgents: 1, computeSeconds: 5 });
    expect(tokens.totals).toMatchObject({ inputTokens: 300, outputTokens: 150, reasoningTokens: 15, costUsd: null });
    expect(tokens.points.map(({ inputTokens }: { inputTokens: number }) => inputTokens)).toEqual([
      0, 0, 0, 100, 0, 200, 0,
    ]);
    expect(tokens.byModel).toMatchObject([
      { modelProvider: 'openai', model: 'gpt', inputTokens: 200, costUsd: 0.004 },
      { modelProvider: 'x', model: 'own', inputTokens: 100, costUsd: null },
    ]);
    expect(tokens.byAgent).toMatchObject([{ agentId, inputTokens: 300 }]);
    expect(costs).toMatchObject({
      currency: 'USD',
      total: 0.004,
      unpricedTokens: 150,
      byAgent: [{ agentId, amount: 0.004 }],
    });
    await removeOldTraces(door.store, door.tenantId, now);
    expect([await read('history'), await read('tokens'), await read('costs')]).toEqual([history, tokens, costs]);
    expect(await door.call('GET /v1/tenants/current/usage/costs?period=2y')).toMatchObject({ status: 400 });
  });

  it('is summed up once, however many processes do so at once', async () => {
    await step(await createTask(), 1);
    now += 3 * hour;
    const other = home.name === 'postgres' ? await home.open() : door.store;
    await Promise.all([door.store, other, door.store].map((store) => removeOldTraces(store, door.tenantId, now)));
    if (other !== door.store) await other.close();
    expect((await billing()).currentSpend).toBe(0.002);
  });

  it('refuses tasks when the tokens of the month are used', async () => {
    await step(await createTask(), 1);
    await door.store.write(({ query }) => setTenantLimits(query, door.tenantId, { tokensPerMonth: 150 }, now));
    now += 1_000;
    const body = { agentId, input: { payload: {} } };
    expect(await door.call('POST /v1/tasks', { body })).toMatchObject({
      status: 402,
      body: { resource: 'tokens_per_month', limit: 150, used: 150 },
    });
  });

  describe('a spend limit', () => {
    const setLimit = (amount: number | null, onLimit: string) =>
      door.call('PUT /v1/tenants/current/billing/spend-limit', { body: { amount, onLimit } });

    it('that rejects refuses new tasks with 402, until it is raised', async () => {
      await step(await createTask(), 1);
      expect((await setLimit(0.002, 'reject')).body).toMatchObject({ spendLimit: 0.002, onLimit: 'reject' });
      const body = { agentId, input: { payload: {} } };
      expect(await door.call('POST /v1/tasks', { body })).toMatchObject({
        status: 402,
        body: { code: 'quota.exceeded', resource: 'spend', limit: 0.002, used: 0.002 },
      });
      await setLimit(0.003, 'reject');
      expect(await door.call('POST /v1/tasks', { body })).toMatchObject({ status: 201 });
      expect((await door.call('PUT /v1/tenants/current/billing/spend-limit', { body: { amount: -1 } })).status).toBe(
        400,
      );
    });

    it('that pauses lets tasks wait, and go on when it is raised', async () => {
      await door.call(`POST /v1/agents/${agentId}/deploy`, { body: { replicas: 2 } });
      await setLimit(0.002, 'pause');
      await step(await createTask(), 1);
      now += 1_000;
      const look = () => holdSpenders(door.store, new UsageMeter(() => now), () => now);
      await look();
      const delivered: string[] = [];
      door.store.startClaiming({
        owner: 'worker',
        freeSlots: () => 4,
        pick,
        holds: () => true,
        deliver: (tasks) => delivered.push(...tasks.map(({ id }) => id)),
      });
      const waiting = await createTask();
      await new Promise((resolve) => setTimeout(resolve, 300));
      await look();
      const read = async () => (await door.call(`GET /v1/tasks/${waiting}`)).body;
      expect(delivered).toEqual([]);
      expect(await read()).toMatchObject({ status: 'waiting', waitingFor: { kind: 'budget', limit: 'spend' } });
      expect(await door.call(`POST /v1/tasks/${waiting}/approve`, { body: {} })).toMatchObject({
        status: 409,
        body: { code: 'task.not_waiting', hint: expect.stringContaining('spend limit') },
      });
      const events = await door.call(`GET /v1/tasks/${waiting}/events`);
      expect((events.body.data as { type: string }[]).map(({ type }) => type)).toEqual(['task.status', 'task.status']);
      await setLimit(null, 'pause');
      await expect.poll(() => delivered).toContain(waiting);
      expect(await read()).toMatchObject({ status: 'running', waitingFor: null, attempt: 1 });
    });

    it('that pauses lets go of more tasks than fit into one look, once the period has turned', async () => {
      await setLimit(0.002, 'pause');
      await step(await createTask(), 1);
      const body = { tasks: Array.from({ length: 25 }, () => ({ agentId, input: { payload: {} } })) };
      for (let at = 0; at < 10; at += 1) await door.call('POST /v1/tasks/batch', { body });
      now += 1_000;
      const look = () => holdSpenders(door.store, new UsageMeter(() => now), () => now);
      const count = async (status: string) =>
        (await door.call(`GET /v1/tasks?status=${status}`)).body.pagination as { total: number };
      await look();
      expect([(await count('waiting')).total, (await count('queued')).total]).toEqual([251, 0]);
      const [thisYear, thisMonth] = [new Date(now).getUTCFullYear(), new Date(now).getUTCMonth()];
      now = Date.UTC(thisYear, thisMonth + 1, 10, 12, 30);
      nextNoon = now + 24 * hour;
      await look();
      expect([(await count('waiting')).total, (await count('queued')).total]).toEqual([0, 251]);
    });
  });
});

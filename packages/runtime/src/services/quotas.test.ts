import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pick } from '../engine/policy.ts';
import { type Answer, type FrontDoor, openFrontDoor, simulatedAgent } from '../http/front-door.test-rig.ts';
import { type StoreHome, stopHomes, storeHomes } from '../store/store-homes.test-rig.ts';
import { setTenantLimits } from './tenants.ts';

afterAll(stopHomes);

let nextNoon = (Math.floor(Date.now() / 86_400_000) + 1.5) * 86_400_000;

describe.each(storeHomes)('quotas on $name', ({ create }) => {
  let home: StoreHome;
  let door: FrontDoor;
  let second: FrontDoor;
  let now: number;

  beforeAll(async () => {
    home = await create();
  });
  afterAll(() => home.remove());
  beforeEach(async () => {
    // Time never goes back: ids are made in its order.
    now = nextNoon;
    nextNoon += 2 * 24 * 3_600_000;
    const store = await home.open();
    door = await openFrontDoor({ store, now: () => now });
    // Another process on the same database, where the home allows it: else a second app in this one.
    second = home.name === 'postgres' ? await openFrontDoor({ store: await home.open(), now: () => now }) : door;
  });
  afterEach(async () => {
    expect([...door.errors, ...second.errors]).toEqual([]);
    await door.close();
    if (second !== door) await second.close();
  });

  const limit = async (limits: Parameters<typeof setTenantLimits>[2]) => {
    await door.store.write(({ query }) => setTenantLimits(query, door.tenantId, limits, now));
    // What processes remember is as old as that.
    now += 1_000;
  };
  /** From both processes at once. */
  const atOnce = (count: number, send: (from: FrontDoor, n: number) => Promise<Answer>) =>
    Promise.all(Array.from({ length: count }, (_, n) => send(n % 2 === 0 ? door : second, n)));
  const createAgent = async (from = door) => from.call('POST /v1/agents', { key: door.apiKey, body: simulatedAgent });
  const taskOf = (agentId: string) => ({ agentId, input: { payload: {} } });
  const statuses = (answers: Answer[]) => {
    const counted: Record<number, number> = {};
    for (const { status } of answers) counted[status] = (counted[status] ?? 0) + 1;
    return counted;
  };

  it('let exactly as many agents in as there is room for, however many ask at once', async () => {
    await limit({ agents: 3 });
    const answers = await atOnce(10, (from) => createAgent(from));
    expect(statuses(answers)).toEqual({ 201: 3, 402: 7 });
    expect(answers.find(({ status }) => status === 402)?.body).toMatchObject({
      code: 'quota.exceeded',
      resource: 'agents',
      limit: 3,
      used: 3,
      retryable: false,
    });
    const made = answers.find(({ status }) => status === 201);
    await door.call(`DELETE /v1/agents/${made?.body.id}`);
    expect(statuses([await createAgent(), await createAgent()])).toEqual({ 201: 1, 402: 1 });
  });

  it('let exactly as many replicas in, over all agents', async () => {
    await limit({ replicas: 5 });
    const ids = await Promise.all([1, 2, 3].map(async () => (await createAgent()).body.id as string));
    const deploy = (from: FrontDoor, id: string, replicas: number) =>
      from.call(`POST /v1/agents/${id}/deploy`, { key: door.apiKey, body: { replicas } });
    const answers = await atOnce(3, (from, n) => deploy(from, ids[n] ?? '', 2));
    expect(statuses(answers)).toEqual({ 200: 2, 402: 1 });
    const refused = answers.findIndex(({ status }) => status === 402);
    expect(answers[refused]?.body).toMatchObject({ resource: 'replicas', limit: 5, used: 4 });
    expect(await deploy(door, ids[refused] ?? '', 1)).toMatchObject({ status: 200 });
    await limit({ replicas: 1 });
    const scaled = await door.call(`POST /v1/agents/${ids[0]}/scale`, { body: { desiredReplicas: 1 } });
    // Fewer are always let in.
    expect(scaled.status).toBe(200);
  });

  it('let exactly as many tasks of a day in; what fails gives back what it took', async () => {
    const { id } = (await createAgent()).body;
    await door.call('POST /v1/tasks', { body: taskOf(id) });
    await limit({ tasksPerDay: 11 });
    const send = (from: FrontDoor) => from.call('POST /v1/tasks', { key: door.apiKey, body: taskOf(id) });
    const answers = await atOnce(30, send);
    expect(statuses(answers)).toEqual({ 201: 10, 402: 20 });
    expect(answers.find(({ status }) => status === 402)?.body).toMatchObject({
      resource: 'tasks_per_day',
      limit: 11,
      used: 11,
      resetsAt: new Date(now - 1_000 + 12 * 3_600_000).toISOString(),
    });
    expect((await door.call('GET /v1/tenants/current/usage')).body.tasksToday).toBe(11);
    now += 12 * 3_600_000;
    const tooMany = Array.from({ length: 12 }, () => taskOf(id));
    expect(await door.call('POST /v1/tasks/batch', { body: { tasks: tooMany } })).toMatchObject({ status: 402 });
    const withUnknown = [...tooMany.slice(2), taskOf('agt_unknown')];
    expect(await door.call('POST /v1/tasks/batch', { body: { tasks: withUnknown } })).toMatchObject({ status: 422 });
    expect(await door.call('POST /v1/tasks/batch', { body: { tasks: tooMany.slice(1) } })).toMatchObject({
      status: 201,
    });
  });

  it('let whole batches in while there is room, several at once and twins of one too (R68)', async () => {
    const { id } = (await createAgent()).body;
    await limit({ tasksPerDay: 10 });
    const tasks = [1, 2, 3, 4].map(() => taskOf(id));
    const send = (from: FrontDoor, n: number) =>
      from.call('POST /v1/tasks/batch', {
        key: door.apiKey,
        body: { tasks },
        headers: { 'idempotency-key': `batch-${Math.floor(n / 2)}` },
      });
    // Each batch is sent twice, once to each process.
    const answers = await atOnce(8, send);
    expect(statuses(answers)).toEqual({ 201: 4, 402: 4 });
    const made = new Set(answers.flatMap(({ status, body }) => (status === 201 ? [body[0].batchId] : [])));
    expect(made.size).toBe(2);
    expect((await door.call('GET /v1/tenants/current/usage')).body.tasksToday).toBe(8);
    const rows = await door.store.query.selectFrom('tasks').select('id').where('agent_id', '=', id).execute();
    expect(rows).toHaveLength(8);
  });

  it('count forks and repeated tasks too, and a repeated request once', async () => {
    const { id } = (await createAgent()).body;
    await limit({ tasksPerDay: 2 });
    const headers = { 'idempotency-key': 'once' };
    const call = { body: taskOf(id), headers };
    const first = await door.call('POST /v1/tasks', call);
    expect((await door.call('POST /v1/tasks', call)).body).toEqual(first.body);
    await door.call(`POST /v1/tasks/${first.body.id}/cancel`);
    const fork = () => door.call(`POST /v1/tasks/${first.body.id}/fork`, { body: { step: 1 } });
    expect(statuses([await fork(), await fork()])).toEqual({ 201: 1, 402: 1 });
  });

  it('hold the tasks back that are too many at once', async () => {
    await limit({ concurrentTasks: 2 });
    const ids = await Promise.all([1, 2].map(async () => (await createAgent()).body.id as string));
    for (const id of ids) await door.call(`POST /v1/agents/${id}/deploy`, { body: { replicas: 5 } });
    const tasks = ids.flatMap((id) => [taskOf(id), taskOf(id), taskOf(id)]);
    await door.call('POST /v1/tasks/batch', { body: { tasks } });
    const delivered: string[] = [];
    const claim = (from: FrontDoor, owner: string) =>
      from.store.startClaiming({
        owner,
        freeSlots: () => 16,
        pick,
        holds: () => true,
        deliver: (claimed) => delivered.push(...claimed.map((task) => task.id)),
      });
    claim(door, 'one');
    if (second !== door) claim(second, 'two');
    await expect.poll(() => delivered.length).toBe(2);
    for (const from of [door, second]) from.store.wake();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const usage = (await door.call('GET /v1/tenants/current/usage')).body;
    expect([usage.runningTasks, usage.queuedTasks, delivered.length]).toEqual([2, 4, 2]);
    await door.call(`POST /v1/tasks/${delivered[0]}/cancel`);
    await expect.poll(() => delivered.length).toBe(3);
  });
});

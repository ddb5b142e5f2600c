import type { AgentInstance } from '@runctl/agents';
import { Runctl } from '@runctl/sdk';
import { findPostgres, type PostgresServer, startPostgres } from '@runctl/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRuntime, type Runtime, startWorker, type Worker } from './runtime.ts';

const bin = findPostgres();

describe.skipIf(bin === undefined)('agents on Postgres, with a process that answers and workers beside it', () => {
  let server: PostgresServer;
  let databaseUrl: string;
  let api: Runtime;
  let client: Runctl;
  const workers: Worker[] = [];
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);

  beforeAll(async () => {
    server = await startPostgres(bin ?? '');
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    databaseUrl = server.createDatabase();
    api = await createRuntime({ databaseUrl, slots: 0, onError });
    client = new Runctl({
      apiKey: api.newApiKey ?? '',
      baseUrl: 'http://127.0.0.1',
      fetch: async (...request) => api.fetch(new Request(...request)),
    });
  });
  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.stop(0);
    await api.stop(0);
    expect(errors.splice(0)).toEqual([]);
  });

  const addWorker = async () => {
    const worker = await startWorker({ databaseUrl, onError });
    workers.push(worker);
    return worker;
  };
  const create = (delayMs: number) =>
    client.agents.create({
      name: 'Slow',
      type: 'reactive',
      modelProvider: 'simulated',
      model: 'scripted',
      systemPrompt: '',
      metadata: { simulation: { rules: [{ when: {}, reply: { delayMs, text: 'done' } }] } },
    });
  const ready = async (agentId: string): Promise<AgentInstance[]> => {
    const all = await client.agents.iterInstances(agentId).toArray({ limit: 100 });
    return all.filter(({ status }) => status === 'ready' || status === 'busy');
  };
  const perWorker = (slots: readonly AgentInstance[]) => {
    const counts = new Map<string, number>();
    for (const { workerId } of slots) counts.set(workerId, (counts.get(workerId) ?? 0) + 1);
    return [...counts.values()].sort();
  };

  it('spreads the slots over the workers, and each works on as many tasks as it has slots', async () => {
    await addWorker();
    await addWorker();
    const { id } = await create(300);
    const deploy = await client.agents.deploy(id, { replicas: 4 });
    expect(deploy.status).toBe('in_progress');
    expect(await client.agents.waitForDeployment(id, deploy.id)).toMatchObject({
      status: 'succeeded',
      replicas: { desired: 4, ready: 4 },
    });
    expect(await client.agents.getById(id)).toMatchObject({ status: 'running', replicas: { desired: 4, ready: 4 } });
    expect(perWorker(await ready(id))).toEqual([2, 2]);
    const tasks = await client.tasks.createBatch({
      tasks: Array.from({ length: 6 }, () => ({ agentId: id, input: { payload: {} } })),
    });
    for (const { id: taskId } of tasks) {
      expect(await client.tasks.waitForCompletion(taskId)).toMatchObject({ status: 'completed' });
    }
  });

  it('has a new slot ready before an old one goes, then another', async () => {
    await addWorker();
    const { id } = await create(0);
    const first = await client.agents.deploy(id, { replicas: 3 });
    await client.agents.waitForDeployment(id, first.id);
    await client.agents.update(id, { name: 'Next' });
    const deploy = await client.agents.deploy(id);
    const seen: number[] = [];
    const done = await client.agents.waitForDeployment(id, deploy.id, {
      onPoll: ({ replicas }) => void seen.push(replicas.ready),
    });
    expect(done).toMatchObject({
      status: 'succeeded',
      agentVersion: 2,
      replicas: { previous: 3, desired: 3, ready: 3 },
    });
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(3);
    expect((await ready(id)).map(({ agentVersion }) => agentVersion)).toEqual([2, 2, 2]);
  });

  it('gives the slots of a worker that goes to those that stay', async () => {
    await addWorker();
    const leaving = await addWorker();
    const { id } = await create(0);
    const deploy = await client.agents.deploy(id, { replicas: 2 });
    await client.agents.waitForDeployment(id, deploy.id);
    expect(perWorker(await ready(id))).toEqual([1, 1]);
    await leaving.stop(0);
    workers.splice(workers.indexOf(leaving), 1);
    await expect.poll(async () => perWorker(await ready(id))).toEqual([2]);
    expect(await client.agents.getById(id)).toMatchObject({ status: 'running', replicas: { ready: 2 } });
    const task = await client.tasks.createAndWait({ agentId: id, input: { payload: {} } });
    expect(task.status).toBe('completed');
  });

  it('gives the slots of a worker that is told to stop to the others at once, while its task goes on', async () => {
    const leaving = await addWorker();
    const { id } = await create(15_000);
    const deploy = await client.agents.deploy(id, { replicas: 3 });
    await client.agents.waitForDeployment(id, deploy.id);
    const task = await client.tasks.create({ agentId: id, input: { payload: {} } });
    await expect.poll(async () => (await client.tasks.getById(task.id)).status).toBe('running');
    await addWorker();
    const stopped = leaving.stop(60_000).then(() => 'stopped');
    workers.splice(0, 1);
    await expect.poll(async () => perWorker(await ready(id))).toEqual([3]);
    expect(await Promise.race([stopped, Promise.resolve('stopping')])).toBe('stopping');
    expect(await client.tasks.waitForCompletion(task.id)).toMatchObject({ status: 'completed', attempt: 1 });
    await stopped;
  });

  it('lets one operation at a time pass, whoever asks first, and stops when nothing runs any more', async () => {
    await addWorker();
    const { id } = await create(2_000);
    const deploy = await client.agents.deploy(id);
    await client.agents.waitForDeployment(id, deploy.id);
    const task = await client.tasks.create({ agentId: id, input: { payload: {} } });
    await expect.poll(async () => (await client.tasks.getById(task.id)).status).toBe('running');
    const stop = await client.agents.stop(id);
    expect(stop.status).toBe('in_progress');
    const both = await Promise.allSettled([client.agents.restart(id), client.agents.deploy(id)]);
    for (const each of both) {
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'controller.busy' });
      else await client.agents.waitForDeployment(id, each.value.id);
    }
    expect(await client.agents.waitForDeployment(id, stop.id)).toMatchObject({ status: 'succeeded' });
    expect(await client.tasks.getById(task.id)).toMatchObject({ status: 'completed', attempt: 1 });
    expect(await client.agents.getById(id)).toMatchObject({ status: 'running' });
  });
});

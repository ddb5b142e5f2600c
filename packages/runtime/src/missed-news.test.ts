import { Runctl } from '@runctl/sdk';
import { findPostgres, type PostgresServer, startPostgres } from '@runctl/testkit';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRuntime, type Runtime, startWorker, type Worker } from './runtime.ts';

const bin = findPostgres();

describe.skipIf(bin === undefined)('where news between processes is lost', () => {
  let server: PostgresServer;
  let databaseUrl: string;
  let api: Runtime;
  let worker: Worker;
  let client: Runctl;
  let admin: pg.Client;

  beforeAll(async () => {
    server = await startPostgres(bin ?? '');
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    databaseUrl = server.createDatabase();
    const onError = () => undefined;
    api = await createRuntime({ databaseUrl, slots: 0, onError });
    worker = await startWorker({ databaseUrl, onError });
    client = new Runctl({
      apiKey: api.newApiKey ?? '',
      baseUrl: 'http://127.0.0.1',
      fetch: async (...request) => api.fetch(new Request(...request)),
    });
    admin = new pg.Client({ connectionString: databaseUrl });
    await admin.connect();
  });
  afterEach(async () => {
    await admin.end();
    await worker.stop(0);
    await api.stop(0);
  });

  const cut = () =>
    admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'runctl session' AND datname = current_database()",
    );
  /** An agent in service that answers after so many milliseconds; at once where it is asked to be quick. */
  async function deployed(delayMs: number, replicas: number): Promise<string> {
    const rules = [
      { when: { text: 'quick' }, reply: { text: 'done' } },
      { when: {}, reply: { delayMs, text: 'done' } },
    ];
    const { id } = await client.agents.create({
      name: 'Slow',
      type: 'reactive',
      modelProvider: 'simulated',
      model: 'scripted',
      systemPrompt: '',
      metadata: { simulation: { rules } },
    });
    const deployment = await client.agents.deploy(id, { replicas });
    await client.agents.waitForDeployment(id, deployment.id);
    return id;
  }
  /** Reads that are held for a minute, one after each change, until the task has ended. */
  async function heldReads(taskId: string): Promise<string> {
    const headers = { authorization: `Bearer ${api.newApiKey}` };
    for (let version = 1; ; ) {
      const url = `http://127.0.0.1/v1/tasks/${taskId}?wait=60&version=${version}`;
      const askedAt = performance.now();
      const task = (await (await api.fetch(new Request(url, { headers }))).json()) as {
        version: number;
        status: string;
      };
      // It was news that ended the read, not its time.
      expect(performance.now() - askedAt).toBeLessThan(60_000);
      if (task.status !== 'queued' && task.status !== 'running') return task.status;
      version = task.version;
    }
  }

  test('held reads and streams end with their tasks', async () => {
    const agentId = await deployed(150, 4);
    const tasks = await client.tasks.createBatch({
      tasks: Array.from({ length: 25 }, () => ({ agentId, input: { payload: {} } })),
    });
    const last = async (taskId: string) => {
      let status = '';
      for await (const event of client.tasks.events.stream(taskId))
        if (event.type === 'task.status') status = event.data.status;
      return status;
    };
    const waiting = Promise.all(tasks.flatMap(({ id }) => [heldReads(id), last(id)]));
    let isOver = false;
    void waiting.finally(() => {
      isOver = true;
    });
    await expect
      .poll(
        async () => {
          // Again and again, so that most of what is told finds nobody who listens.
          const { data } = await client.tasks.list({ agentId, status: ['queued', 'running'] });
          if (data.length > 0) await cut();
          return isOver;
        },
        { interval: 20 },
      )
      .toBe(true);
    expect(new Set(await waiting)).toEqual(new Set(['completed']));
  });

  test('a read is not held for ever where the process that told of nothing is gone', async () => {
    const agentId = await deployed(600_000, 1);
    const { id } = await client.tasks.create({ agentId, input: { payload: {} } });
    const held = heldReads(id);
    await expect.poll(async () => (await client.tasks.getById(id)).status).toBe('running');
    // As the last commit of a process that died before it could say so.
    await admin.query(
      "UPDATE tasks SET status = 'completed', result = '1', version = version + 1, owner = NULL WHERE id = $1",
      [id],
    );
    expect(await held).toBe('completed');
  });

  test('a task that is cancelled lets go of its slot, though its worker does not hear of it', async () => {
    const agentId = await deployed(600_000, 1);
    const { id } = await client.tasks.create({ agentId, input: { payload: {} } });
    await expect.poll(async () => (await client.tasks.getById(id)).status).toBe('running');
    // As the last commit of a process that died before it could say so; what is missed while nobody listens is like it.
    await admin.query("UPDATE tasks SET status = 'cancelled', version = version + 1, owner = NULL WHERE id = $1", [id]);
    await cut();
    const next = await client.tasks.create({ agentId, input: { payload: { message: 'quick' } } });
    expect((await client.tasks.waitForCompletion(next.id)).status).toBe('completed');
  });

  test('a slot that is given to a worker is taken up, though the one that gave it has died before it could say so', async () => {
    const agentId = await deployed(0, 2);
    await admin.query("UPDATE instances SET status = 'starting' WHERE agent_id = $1", [agentId]);
    const statuses = async () => {
      const slots = await client.agents.iterInstances(agentId).toArray({ limit: 10 });
      return slots.map(({ status }) => status);
    };
    expect(await statuses()).toEqual(['starting', 'starting']);
    await expect.poll(statuses).toEqual(['ready', 'ready']);
  });
});

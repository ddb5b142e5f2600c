import { Runctl } from '@runctl/sdk';
import {
  findPostgres,
  type PostgresProxy,
  type PostgresServer,
  startPostgres,
  startPostgresProxy,
} from '@runctl/testkit';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRuntime, type Runtime } from '../runtime.ts';
import { storeOutage } from '../store-outage.ts';
import { expectInvariants } from './home-reader.test-rig.ts';
import { bookTool, scriptedAgent, startToolServer, type ToolServer, untilAnswered } from './story.test-rig.ts';

const bin = findPostgres();

describe.skipIf(bin === undefined)('while Postgres is away (R52)', () => {
  let postgres: PostgresServer;
  let proxy: PostgresProxy;
  let tool: ToolServer;
  let databaseUrl: string;
  let runtime: Runtime;
  let apiKey: string;
  let client: Runctl;
  let admin: pg.Client;
  let errors: unknown[];

  beforeAll(async () => {
    postgres = await startPostgres(bin ?? '');
    proxy = await startPostgresProxy();
  });
  afterAll(async () => {
    await proxy.close();
    await postgres.stop();
  });

  beforeEach(async () => {
    tool = await startToolServer(300);
    databaseUrl = postgres.createDatabase();
    errors = [];
    runtime = await createRuntime({
      databaseUrl: proxy.through(databaseUrl),
      egressAllow: ['127.0.0.1'],
      onError: (error) => errors.push(error),
    });
    apiKey = runtime.newApiKey ?? '';
    const fetch: typeof globalThis.fetch = (input, init) => runtime.fetch(new Request(input, init));
    client = new Runctl({ apiKey, baseUrl: 'https://runctl.test', fetch, retries: 10 });
    admin = new pg.Client({ connectionString: databaseUrl });
    await admin.connect();
  });
  afterEach(async () => {
    proxy.refuse(false);
    await admin.end();
    await runtime.stop(500);
    await tool.close();
    await expectInvariants({ databaseUrl }, { settled: false });
    // Nothing but the outage was met: what a request is told as 500, or a task fails of, would stand here. After a stop
    // that could give nothing back, what was under way meets a store that is closed.
    const others = errors.filter((error) => storeOutage(error) === undefined);
    expect(others.filter((error) => !String(error).includes('after calling end'))).toEqual([]);
  });

  async function ask(method: string, path: string, body?: unknown) {
    const request = new Request(`https://runctl.test${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const response = await runtime.fetch(request);
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      retryAfter: response.headers.get('retry-after'),
      body: await response.json(),
    };
  }

  const away = {
    status: 503,
    type: 'application/problem+json',
    retryAfter: '1',
    body: { code: 'store.unavailable', retryable: true, status: 503 },
  };
  const input = { payload: { message: 'Go.' } };

  const booking = [
    { when: { step: 1 }, reply: { toolCalls: [{ name: 'book', arguments: {} }] } },
    { when: { tool: 'book' }, reply: { text: 'booked' } },
  ];
  const bookingAgent = () => scriptedAgent(client, booking, { tools: [bookTool(tool.url, false)] });

  test('requests get 503 with Retry-After, the process lives, and a task that ran meanwhile goes on: nothing runs twice', async () => {
    const agent = await bookingAgent();
    const task = await client.tasks.create({ agentId: agent.id, input });
    await expect.poll(() => tool.keys.length).toBe(1);
    proxy.refuse(true);
    expect(await ask('GET', '/v1/agents')).toMatchObject(away);
    expect(await ask('GET', `/v1/tasks/${task.id}`)).toMatchObject(away);
    expect(await ask('POST', '/v1/tasks', { agentId: agent.id, input })).toMatchObject(away);
    expect(await ask('GET', '/readyz')).toMatchObject(away);
    expect(await ask('GET', '/healthz')).toMatchObject({ status: 200 });
    // Asked while nothing answers, and answered later: the client asks again by itself.
    const late = client.tasks.create({ agentId: agent.id, input });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    proxy.refuse(false);
    for (const { id } of [task, await late]) {
      const done = await client.tasks.waitForCompletion(id, { timeoutMs: 120_000 });
      expect(done).toMatchObject({ status: 'completed', result: 'booked', attempt: 1 });
    }
    expect(new Set(tool.keys).size).toBe(tool.keys.length);
    expect((await client.tasks.list({ page: 1 })).pagination.total).toBe(2);
  });

  test('told to stop, it stops, though nothing can be given back; the next start goes on', async () => {
    const agent = await bookingAgent();
    const task = await client.tasks.create({ agentId: agent.id, input });
    await expect.poll(() => tool.keys.length).toBe(1);
    proxy.refuse(true);
    const startedAt = performance.now();
    await runtime.stop(100);
    expect(performance.now() - startedAt).toBeLessThan(60_000);
    proxy.refuse(false);
    runtime = await createRuntime({ databaseUrl, egressAllow: ['127.0.0.1'], onError: (error) => errors.push(error) });
    expect(await client.tasks.waitForCompletion(task.id, { timeoutMs: 120_000 })).toMatchObject({
      status: 'completed',
    });
  });

  test('a server that restarts under load keeps all that it has acknowledged', async () => {
    const agent = await bookingAgent();
    const asked = Array.from({ length: 30 }, (_, index) =>
      untilAnswered(() =>
        client.tasks.create({ agentId: agent.id, input }, { idempotencyKey: `task-${index}`, retries: 0 }),
      ),
    );
    await Promise.race(asked);
    await admin.end();
    await postgres.restart();
    admin = new pg.Client({ connectionString: databaseUrl });
    await admin.connect();
    const tasks = await Promise.all(asked);
    const done = await Promise.all(
      tasks.map(({ id }) => client.tasks.waitForCompletion(id, { timeoutMs: 120_000, maxRetries: 50 })),
    );
    expect(new Set(done.map(({ status }) => status))).toEqual(new Set(['completed']));
    expect((await client.tasks.list({ page: 1 })).pagination.total).toBe(30);
  });

  test('a database that takes no writes is read, and says so to those who write', async () => {
    const agent = await bookingAgent();
    const [name] = new URL(databaseUrl).pathname.slice(1).split('?');
    const readOnly = (setting: string) =>
      admin.query(`ALTER DATABASE ${name} SET default_transaction_read_only = ${setting}`);
    await readOnly('on');
    await admin.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    const refused = await ask('POST', '/v1/tasks', { agentId: agent.id, input });
    expect(refused).toMatchObject({ status: 503, retryAfter: '5', body: { code: 'store.read_only', retryable: true } });
    expect(await ask('GET', `/v1/agents/${agent.id}`)).toMatchObject({ status: 200 });
    await admin.query('SET default_transaction_read_only = off');
    // What was connected meanwhile stays as it is, as after a failover whose old server goes on reading.
    await readOnly('off');
    const task = await client.tasks.create({ agentId: agent.id, input });
    expect(await client.tasks.waitForCompletion(task.id, { timeoutMs: 120_000 })).toMatchObject({
      status: 'completed',
    });
  });

  test('where every connection is taken, who finds none is told to come back; the others are answered', async () => {
    const agent = await bookingAgent();
    await admin.query('BEGIN; LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE');
    const asked = Array.from({ length: 16 }, () => ask('POST', '/v1/tasks', { agentId: agent.id, input }));
    const told = await Promise.race(asked);
    expect(told).toMatchObject(away);
    await admin.query('COMMIT');
    const answers = await Promise.all(asked);
    const accepted = answers.filter(({ status }) => status === 201);
    expect(accepted.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status !== 201 && status !== 503)).toEqual([]);
    for (const { body } of accepted) {
      expect(await client.tasks.waitForCompletion(body.id, { timeoutMs: 120_000 })).toMatchObject({
        status: 'completed',
      });
    }
    expect((await client.tasks.list({ page: 1 })).pagination.total).toBe(accepted.length);
  });
});

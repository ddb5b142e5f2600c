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
import { bookTool, scriptedAgent, startToolServer, type ToolServer } from './story.test-rig.ts';

const bin = findPostgres();
/** A statement may take so long in these tests, milliseconds. */
const statementMs = 1_200;

describe.skipIf(bin === undefined)('a Postgres that says nothing, though its connections are open', () => {
  let postgres: PostgresServer;
  let proxy: PostgresProxy;
  let tool: ToolServer;
  let databaseUrl: string;
  let runtime: Runtime;
  let apiKey: string;
  let client: Runctl;
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
      database: { statementMs },
      onError: (error) => errors.push(error),
    });
    apiKey = runtime.newApiKey ?? '';
    const fetch: typeof globalThis.fetch = (input, init) => runtime.fetch(new Request(input, init));
    client = new Runctl({ apiKey, baseUrl: 'https://runctl.test', fetch, retries: 10 });
  });
  afterEach(async () => {
    proxy.freeze(false);
    await runtime.stop(500);
    await tool.close();
    await expectInvariants({ databaseUrl }, { settled: false });
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
    return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.json() };
  }

  const away = { status: 503, retryAfter: '1', body: { code: 'store.unavailable', retryable: true } };
  const input = { payload: { message: 'Go.' } };
  const bookingAgent = () =>
    scriptedAgent(
      client,
      [
        { when: { step: 1 }, reply: { toolCalls: [{ name: 'book', arguments: {} }] } },
        { when: { tool: 'book' }, reply: { text: 'booked' } },
      ],
      { tools: [bookTool(tool.url, false)] },
    );

  test('holds no request for ever, and a task that ran meanwhile goes on: nothing runs twice', async () => {
    const agent = await bookingAgent();
    const task = await client.tasks.create({ agentId: agent.id, input });
    await expect.poll(() => tool.keys.length).toBe(1);
    proxy.freeze(true);
    const answers = await Promise.all([
      ask('GET', '/v1/agents'),
      ask('GET', `/v1/tasks/${task.id}`),
      ask('POST', '/v1/tasks', { agentId: agent.id, input }),
      ask('GET', '/readyz'),
      ...Array.from({ length: 20 }, () => ask('GET', `/v1/agents/${agent.id}`)),
    ]);
    for (const answer of answers) expect(answer).toMatchObject(away);
    expect(await ask('GET', '/healthz')).toMatchObject({ status: 200 });
    proxy.freeze(false);
    const later = await client.tasks.create({ agentId: agent.id, input });
    for (const { id } of [task, later]) {
      const done = await client.tasks.waitForCompletion(id, { timeoutMs: 120_000 });
      expect(done).toMatchObject({ status: 'completed', result: 'booked', attempt: 1 });
    }
    expect(new Set(tool.keys).size).toBe(tool.keys.length);
  });

  test('is not waited for by who is told to stop, nor by who starts', async () => {
    const agent = await bookingAgent();
    const task = await client.tasks.create({ agentId: agent.id, input });
    await expect.poll(() => tool.keys.length).toBe(1);
    proxy.freeze(true);
    const [refusal] = await Promise.all([
      createRuntime({ databaseUrl: proxy.through(databaseUrl), database: { statementMs } }).catch(
        (error: unknown) => error,
      ),
      runtime.stop(100),
    ]);
    expect(refusal).toMatchObject({ code: 'store.unreachable' });
    proxy.freeze(false);
    runtime = await createRuntime({ databaseUrl, egressAllow: ['127.0.0.1'], onError: (error) => errors.push(error) });
    expect(await client.tasks.waitForCompletion(task.id, { timeoutMs: 120_000 })).toMatchObject({
      status: 'completed',
    });
  });

  test('a statement that waits for a lock is ended by the server', async () => {
    const agent = await bookingAgent();
    const admin = new pg.Client({ connectionString: databaseUrl });
    await admin.connect();
    await admin.query('BEGIN; LOCK TABLE agents IN ACCESS EXCLUSIVE MODE');
    expect(await ask('GET', `/v1/agents/${agent.id}`)).toMatchObject(away);
    await new Promise((resolve) => setTimeout(resolve, 2 * statementMs));
    const overdue = async () => {
      const { rows } = await admin.query(
        `SELECT query FROM pg_stat_activity
         WHERE wait_event_type = 'Lock' AND clock_timestamp() - query_start > $1 * interval '1 millisecond'`,
        [1.5 * statementMs],
      );
      return rows;
    };
    await expect.poll(overdue).toEqual([]);
    await admin.query('COMMIT');
    expect(await ask('GET', `/v1/agents/${agent.id}`)).toMatchObject({ status: 200 });
    await admin.end();
  });
});

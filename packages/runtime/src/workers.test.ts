import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AgentTool } from '@runctl/agents';
import { Runctl } from '@runctl/sdk';
import { findPostgres, type PostgresServer, startPostgres } from '@runctl/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { expectInvariants } from './faults/home-reader.test-rig.ts';
import { type CommandProcess, startCommand } from './runtime-process.test-rig.ts';

const bin = findPostgres();

describe.skipIf(bin === undefined)('many processes on one Postgres', () => {
  let postgres: PostgresServer;
  let databaseUrl: string;
  let client: Runctl;
  let serve: CommandProcess;
  let workers: CommandProcess[] = [];
  let toolServer: Server;
  let calls: { key: string; taskId: string }[];
  /** How long the tool takes, in milliseconds. */
  let toolMs: number;

  beforeAll(async () => {
    vi.stubEnv('RUNCTL_EGRESS_ALLOW', '127.0.0.0/8');
    postgres = await startPostgres(bin ?? '');
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    return postgres.stop();
  });

  beforeEach(async () => {
    calls = [];
    toolMs = 20;
    toolServer = createServer((request, response) => {
      const key = String(request.headers['idempotency-key']);
      calls.push({ key, taskId: key.split(':')[0] ?? '' });
      setTimeout(() => response.setHeader('content-type', 'application/json').end('{"ok":true}'), toolMs);
    });
    await new Promise<void>((resolve) => toolServer.listen(0, '127.0.0.1', resolve));
    databaseUrl = postgres.createDatabase();
    serve = await startCommand(
      'serve',
      '--database-url',
      databaseUrl,
      '--host',
      '127.0.0.1',
      '--port',
      '0',
      '--slots',
      '0',
    );
    const [url] = /http:[^\s,]+/.exec(serve.firstLine) ?? [];
    const [apiKey] = /rctl_\w{32}/.exec(serve.firstLine) ?? [];
    client = new Runctl({ apiKey: apiKey ?? '', baseUrl: url ?? '' });
    workers = [await startWorker(), await startWorker()];
  });

  afterEach(async () => {
    await Promise.all([...workers, serve].map((each) => each.kill()));
    await expectInvariants({ databaseUrl });
    await new Promise((resolve) => toolServer.close(resolve));
  });

  function startWorker(): Promise<CommandProcess> {
    return startCommand('worker', '--database-url', databaseUrl, '--slots', '8');
  }

  async function bookingAgent(seats: number, replicas: number): Promise<string> {
    const { port } = toolServer.address() as AddressInfo;
    const tool: AgentTool = {
      name: 'book',
      description: 'Books a seat.',
      inputSchema: { type: 'object', properties: { seat: { type: 'integer' } }, required: ['seat'] },
      enabled: true,
      invokeUrl: `http://127.0.0.1:${port}/book`,
    };
    const rules = Array.from({ length: seats }, (_, index) => ({
      when: { step: 2 * index + 1 },
      reply: { toolCalls: [{ name: 'book', arguments: { seat: index + 1 } }] },
    }));
    const agent = await client.agents.create({
      name: 'Booking',
      type: 'reactive',
      modelProvider: 'simulated',
      model: 'scripted',
      systemPrompt: 'Book.',
      tools: [tool],
      metadata: { simulation: { rules: [...rules, { when: { step: 2 * seats + 1 }, reply: { text: 'done' } }] } },
    });
    await client.agents.deploy(agent.id, { replicas });
    return agent.id;
  }

  const input = { payload: { message: 'Book all.' } };

  test('a worker that is killed in mid-task is taken over, and only what was in flight runs again', async () => {
    const agentId = await bookingAgent(4, 8);
    const tasks = await client.tasks.createBatch({ tasks: Array.from({ length: 20 }, () => ({ agentId, input })) });
    await expect.poll(() => calls.length).toBeGreaterThan(10);
    await workers[0]?.kill();
    const done = await Promise.all(tasks.map(({ id }) => client.tasks.waitForCompletion(id, { timeoutMs: 120_000 })));
    expect(done.map(({ status }) => status)).toEqual(tasks.map(() => 'completed'));
    expect(done.map(({ usage }) => usage.steps)).toEqual(tasks.map(() => 9));
    const repeated = calls.filter(({ key }, index) => calls.findIndex((other) => other.key === key) !== index);
    // One slot had at most one step in flight.
    expect(repeated.length).toBeLessThanOrEqual(8);
    expect(new Set(calls.map(({ key }) => key)).size).toBe(20 * 4);
  });

  test('a worker that is frozen and thawed has lost its task to another, and its late write changes nothing', async () => {
    toolMs = 400;
    const agentId = await bookingAgent(3, 1);
    const task = await client.tasks.create({ agentId, input });
    await expect.poll(() => calls.length).toBe(1);
    // Whichever of the two has it: both are frozen, and a third, fresh one is there to take over.
    for (const worker of workers) worker.freeze();
    await cutSessions();
    workers.push(await startWorker());
    const done = await client.tasks.waitForCompletion(task.id, { timeoutMs: 120_000 });
    for (const worker of workers.slice(0, 2)) worker.resume();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const after = await client.tasks.getById(task.id);
    expect(done).toMatchObject({ status: 'completed', attempt: 2 });
    expect(after).toEqual(done);
    const { steps } = await client.tasks.getTrace(task.id);
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test('a database that restarts under load loses nothing that was acknowledged', async () => {
    const agentId = await bookingAgent(3, 8);
    const tasks = await client.tasks.createBatch({ tasks: Array.from({ length: 20 }, () => ({ agentId, input })) });
    await expect.poll(() => calls.length).toBeGreaterThan(5);
    await postgres.restart();
    const done = await Promise.all(
      tasks.map(({ id }) => client.tasks.waitForCompletion(id, { timeoutMs: 120_000, maxRetries: 50 })),
    );
    expect(done.map(({ status }) => status)).toEqual(tasks.map(() => 'completed'));
    expect(done.map(({ usage }) => usage.steps)).toEqual(tasks.map(() => 7));
  });

  /** What a network that drops the frozen workers' connections would do: their locks are free. */
  async function cutSessions(): Promise<void> {
    const { Client } = (await import('pg')).default;
    const admin = new Client({ connectionString: databaseUrl });
    await admin.connect();
    await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'runctl session' AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')`,
    );
    await admin.end();
  }
});

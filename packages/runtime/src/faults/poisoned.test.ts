import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runctl } from '@runctl/sdk';
import { findPostgres, startPostgres } from '@runctl/testkit';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AgentsAtWork, Rule } from '../agents-at-work.test-rig.ts';
import { startCommand, superviseRuntime } from '../runtime-process.test-rig.ts';
import { expectInvariants } from './home-reader.test-rig.ts';
import { runtimeHomes, stopRuntimeHomes } from './runtime-homes.test-rig.ts';
import { bookTool, scriptedAgent, untilAnswered } from './story.test-rig.ts';

afterAll(stopRuntimeHomes);

const input = { payload: { message: 'Go.' } };

describe('a task under which its worker dies three times (R57)', () => {
  interface Poison {
    server: Server;
    url: string;
    calls: () => number;
    /** Those that it has killed. */
    deaths: () => number;
  }

  /** Kills whoever has begun the poisonous task, as often as it is called. */
  async function startPoison(kill: () => Promise<unknown>): Promise<Poison> {
    let calls = 0;
    let deaths = 0;
    const server = createServer(() => {
      calls += 1;
      void kill().then(() => {
        deaths += 1;
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return { server, url, calls: () => calls, deaths: () => deaths };
  }

  async function expectPoisoned(stage: () => Promise<Runctl>, { url, deaths }: Poison): Promise<string[]> {
    const client = await stage();
    const rules = [{ when: {}, reply: { toolCalls: [{ name: 'book', arguments: {} }] } }];
    const poison = await scriptedAgent(client, rules, { tools: [bookTool(url, false)] });
    const healthy = await scriptedAgent(client, [{ when: {}, reply: { text: 'done' } }]);
    const poisonous = await client.tasks.create({ agentId: poison.id, input });
    // Whatever is under way at all three deaths is as suspicious as the one that is to blame.
    await expect.poll(deaths).toBeGreaterThan(0);
    const other = await untilAnswered(async () => (await stage()).tasks.create({ agentId: healthy.id, input }));
    const settled = (id: string) =>
      expect
        .poll(() => untilAnswered(async () => (await stage()).tasks.getById(id)), { interval: 20 })
        .toMatchObject({ finishedAt: expect.anything() });
    await Promise.all([settled(poisonous.id), settled(other.id)]);
    const failed = await (await stage()).tasks.getById(poisonous.id);
    expect(failed).toMatchObject({ status: 'failed', attempt: 3, error: { code: 'worker_lost', retryable: true } });
    expect(await (await stage()).tasks.getById(other.id)).toMatchObject({ status: 'completed' });
    return [poisonous.id, other.id];
  }

  test('it fails with worker_lost, and others run on: on sqlite', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'runctl-poison-'));
    const runtime = superviseRuntime(folder);
    const { apiKey = '' } = await runtime.current();
    const poison = await startPoison(async () => (await runtime.current()).kill());
    const stage = async () => new Runctl({ apiKey, baseUrl: (await runtime.current()).url, retries: 0 });
    const acknowledged = await expectPoisoned(stage, poison);
    expect([poison.calls(), runtime.deaths]).toEqual([3, 3]);
    await runtime.end();
    await expectInvariants({ folder }, { acknowledged });
    poison.server.close();
    rmSync(folder, { recursive: true });
  });

  const bin = findPostgres();
  test.skipIf(bin === undefined)('it fails with worker_lost, and others run on: on postgres', async () => {
    vi.stubEnv('RUNCTL_EGRESS_ALLOW', '127.0.0.0/8');
    vi.stubEnv('RUNCTL_LOG_LEVEL', 'error');
    const postgres = await startPostgres(bin ?? '');
    const databaseUrl = postgres.createDatabase();
    const at = ['--database-url', databaseUrl];
    const serve = await startCommand('serve', ...at, '--host', '127.0.0.1', '--port', '0', '--slots', '0');
    const [baseUrl = ''] = /http:[^\s,]+/.exec(serve.firstLine) ?? [];
    const [apiKey = ''] = /rctl_\w{32}/.exec(serve.firstLine) ?? [];
    let worker = await startCommand('worker', ...at);
    const poison = await startPoison(async () => {
      await worker.kill();
      worker = await startCommand('worker', ...at);
    });
    const acknowledged = await expectPoisoned(async () => new Runctl({ apiKey, baseUrl }), poison);
    expect(poison.calls()).toBe(3);
    await Promise.all([serve.kill(), worker.kill()]);
    await expectInvariants({ databaseUrl }, { acknowledged });
    poison.server.close();
    await postgres.stop();
    vi.unstubAllEnvs();
  });
});

describe.each(runtimeHomes)('a tool that answers with a gigabyte, on $name (R38, R57)', ({ start }) => {
  let work: AgentsAtWork;
  let server: Server;
  let sentBytes = 0;
  beforeEach(async () => {
    work = await start();
    const chunk = Buffer.alloc(65_536, 'x');
    server = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json');
      const send = () => {
        while (sentBytes < 2 ** 30 && !response.destroyed) {
          sentBytes += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', send);
        }
        response.end();
      };
      send();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    await work.close();
    server.close();
  });

  test('is cut long before its end, the model is told, and the task goes on', async () => {
    const rules: Rule[] = [
      { when: { step: 1 }, reply: { toolCalls: [{ name: 'book', arguments: {} }] } },
      { when: {}, reply: { text: 'It was too much.' } },
    ];
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const task = await work.run(await work.agent(rules, { tools: [bookTool(url, false)] }), 'Go');
    expect(task).toMatchObject({ status: 'completed', result: 'It was too much.' });
    const [, tool] = await work.steps(task);
    expect(tool).toMatchObject({
      status: 'failed',
      error: { message: expect.stringMatching(/1048576|MiB|too large/i) },
    });
    expect(sentBytes).toBeLessThan(64 * 2 ** 20);
    await expectInvariants(work.place);
  });
});

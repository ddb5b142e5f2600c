import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runctl } from '@runctl/sdk';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type HeardProcess, hearCommand } from '../heard-process.test-rig.ts';

const heapMB = 256;
const token = 'token-of-the-metrics-page';

let folder: string;
let runtime: HeardProcess;
let readers: Socket[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-heap-'));
});
afterEach(async () => {
  for (const reader of readers) reader.destroy();
  readers = [];
  runtime.signal('SIGKILL');
  await runtime.exited;
  rmSync(folder, { recursive: true, force: true });
});

/** Opens a stream of events and never reads it. */
function openUnreadStream(url: string, path: string, apiKey: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => {
      socket.write(`GET /v1${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${apiKey}\r\n\r\n`, () => resolve());
      socket.pause();
    });
    socket.on('error', () => undefined);
    readers.push(socket);
  });
}

/** The model repeats it, so that 500 tasks move some 100 MB through the process. */
const text = 'z'.repeat(60_000);

it('does 500 tasks of 60 kB, with readers of their events that never read, in a heap of 256 MB', async () => {
  runtime = await hearCommand(['dev', '--port', '0', '--data', folder, '--json'], {
    within: [`--max-old-space-size=${heapMB}`],
    env: { RUNCTL_METRICS_TOKEN: token },
  });
  const [, url = '', apiKey = ''] = await runtime.says(/"url":"([^"]+)","apiKey":"([^"]+)"/);
  const client = new Runctl({ baseUrl: url, apiKey });
  const agent = await client.agents.create({
    name: 'Heavy',
    type: 'reactive',
    modelProvider: 'simulated',
    model: 'echo',
    systemPrompt: 'Repeat.',
  });
  const input = { payload: { text } };
  const created = [];
  for (let group = 0; group < 20; group += 1) {
    created.push(
      ...(await Promise.all(Array.from({ length: 25 }, () => client.tasks.create({ agentId: agent.id, input })))),
    );
  }
  for (const { id } of created.slice(0, 50)) await openUnreadStream(url, `/tasks/${id}/events`, apiKey);
  await client.agents.deploy(agent.id, { replicas: 100 });
  let worstMB = 0;
  for (;;) {
    const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
    const page = await response.text();
    const figure = (name: string) =>
      Number(
        page
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.split(' ')[1],
      );
    worstMB = Math.max(worstMB, figure('nodejs_heap_size_used_bytes') / 2 ** 20);
    if (figure('runctl_task_runs_total{outcome="completed"}') >= 500) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(worstMB).toBeLessThan(heapMB);
  const { data } = await client.tasks.list({ status: 'failed', limit: 1 });
  expect(data).toEqual([]);
  runtime.signal('SIGTERM');
  expect(await runtime.exited).toBe(0);
  expect(runtime.errors).toBe('');
});

import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runctl } from '@runctl/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RuntimeProcess, startRuntimeProcess } from '../runtime-process.test-rig.ts';
import { expectInvariants } from './home-reader.test-rig.ts';
import { bookTool, scriptedAgent, startToolServer, type ToolServer } from './story.test-rig.ts';

describe('told to stop under load, twice, with streams open (R63)', () => {
  let folder: string;
  let runtime: RuntimeProcess;
  let tool: ToolServer;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'runctl-stop-'));
    tool = await startToolServer(200);
    runtime = await startRuntimeProcess(folder);
  });
  afterEach(async () => {
    await runtime.kill();
    await tool.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('it takes nothing new, gives its tasks back, hints at a later time to its readers, exits with 0, and loses nothing', async () => {
    const apiKey = runtime.apiKey ?? '';
    const client = new Runctl({ apiKey, baseUrl: runtime.url, retries: 0 });
    const seats = 5;
    const rules = Array.from({ length: seats }, (_, index) => ({
      when: { step: 2 * index + 1 },
      reply: { toolCalls: [{ name: 'book', arguments: { seat: index + 1 } }] },
    }));
    const agent = await scriptedAgent(client, [...rules, { when: {}, reply: { text: 'done' } }], {
      tools: [bookTool(tool.url, false)],
    });
    const acknowledged: string[] = [];
    let refusal: unknown;
    const load = (async () => {
      for (;;) {
        const task = await client.tasks.create({ agentId: agent.id, input: { payload: { message: 'Go.' } } });
        acknowledged.push(task.id);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })().catch((error: unknown) => {
      refusal = error;
    });
    await expect.poll(() => tool.keys.length).toBeGreaterThan(4);
    const scheduledFor = new Date(Date.now() + 3_600_000).toISOString();
    const later = await client.tasks.create({
      agentId: agent.id,
      input: { payload: { message: 'Go.' } },
      scheduledFor,
    });
    const stream = readStream(`${runtime.url}/v1/tasks/${later.id}/events/stream`, apiKey);
    await expect.poll(() => stream.text()).toContain('task.status');
    const first = runtime.terminate();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await Promise.all([first, runtime.terminate()])).toEqual([0, 0]);
    await load;
    expect(refusal).toMatchObject({ retryable: true });
    expect(await stream.ended).toMatch(/\nretry: \d{4,5}\n: stopping\n\n$/);

    runtime = await startRuntimeProcess(folder);
    const again = new Runctl({ apiKey, baseUrl: runtime.url });
    const done = await Promise.all(
      acknowledged.map((id) => again.tasks.waitForCompletion(id, { timeoutMs: 120_000, maxRetries: 20 })),
    );
    expect(new Set(done.map(({ status }) => status))).toEqual(new Set(['completed']));
    await again.tasks.cancel(later.id);
    // Within the grace every step that was under way came to its end: none ran again.
    expect(new Set(tool.keys).size).toBe(tool.keys.length);
    expect(tool.keys.length).toBe(acknowledged.length * seats);
    await expectInvariants({ folder }, { acknowledged });
  });

  test('an answer that goes out meanwhile closes its connection', async () => {
    const apiKey = runtime.apiKey ?? '';
    const client = new Runctl({ apiKey, baseUrl: runtime.url });
    const agent = await scriptedAgent(client, [{ when: {}, reply: { text: 'done', delayMs: 60_000 } }]);
    const { id, version } = await client.tasks.create({ agentId: agent.id, input: { payload: { message: 'Go.' } } });
    await expect.poll(async () => (await client.tasks.getById(id)).status).toBe('running');
    const held = new Promise<{ status?: number; connection?: string }>((resolve, reject) => {
      const agentOfNode = new Agent({ keepAlive: true });
      const url = `${runtime.url}/v1/tasks/${id}?wait=30&version=${version + 1}`;
      request(url, { agent: agentOfNode, headers: { authorization: `Bearer ${apiKey}` } }, (response) => {
        response.resume();
        const { connection } = response.headers;
        resolve({ ...(response.statusCode && { status: response.statusCode }), ...(connection && { connection }) });
      })
        .on('error', reject)
        .end();
    });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const exited = runtime.terminate();
    expect(await held).toEqual({ status: 200, connection: 'close' });
    expect(await exited).toBe(0);
  });
});

/** Reads an event stream to its end. */
function readStream(url: string, apiKey: string): { text(): string; ended: Promise<string> } {
  let text = '';
  const ended = (async () => {
    const response = await fetch(url, { headers: { authorization: `Bearer ${apiKey}` } });
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
    return text;
  })();
  return { text: () => text, ended };
}

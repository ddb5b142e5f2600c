import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Agent, AgentConfig } from '@runctl/agents';
import type { JsonValue } from '@runctl/core';
import { Runctl } from '@runctl/sdk';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectInvariants } from './faults/home-reader.test-rig.ts';
import { type RuntimeProcess, startRuntimeProcess } from './runtime-process.test-rig.ts';

let folder: string;
let runtime: RuntimeProcess;
let client: Runctl;
let apiKey: string;
let toolServer: Server;
/** The idempotency keys of the calls that reached the tool, in order. */
let calls: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-crash-'));
  calls = [];
  toolServer = createServer((request, response) => {
    calls.push(String(request.headers['idempotency-key']));
    setTimeout(() => response.setHeader('content-type', 'application/json').end('{"ok":true}'), 50);
  });
  await new Promise<void>((resolve) => toolServer.listen(0, '127.0.0.1', resolve));
  runtime = await startRuntimeProcess(folder);
  apiKey = runtime.apiKey ?? '';
  client = new Runctl({ apiKey, baseUrl: runtime.url });
});

afterEach(async () => {
  await runtime.kill();
  await expectInvariants({ folder });
  await new Promise((resolve) => toolServer.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

async function killAndRestart(): Promise<void> {
  await runtime.kill();
  runtime = await startRuntimeProcess(folder);
  client = new Runctl({ apiKey, baseUrl: runtime.url });
}

async function agent(rules: JsonValue, change: Partial<AgentConfig> = {}): Promise<Agent> {
  const made = await client.agents.create({
    name: 'Scripted',
    type: 'reactive',
    modelProvider: 'simulated',
    model: 'scripted',
    systemPrompt: 'Work.',
    metadata: { simulation: { rules } },
    ...change,
  });
  await client.agents.deploy(made.id);
  return made;
}

const book = (requiresApproval: boolean) => ({
  name: 'book',
  description: 'Books a seat.',
  inputSchema: { type: 'object' },
  enabled: true,
  requiresApproval,
  invokeUrl: `http://127.0.0.1:${(toolServer.address() as AddressInfo).port}/book`,
});

const booking = [
  { when: { text: 'Book' }, reply: { toolCalls: [{ name: 'book', arguments: { seat: 1 } }] } },
  { when: { tool: 'book' }, reply: { text: 'booked' } },
];

test('killed while a task waits for an approval, it still waits; killed after the approval, the call runs once', async () => {
  const asking = await agent(booking, { tools: [book(true)] });
  const task = await client.tasks.create({ agentId: asking.id, input: { payload: { message: 'Book.' } } });
  await expect.poll(async () => (await client.tasks.getById(task.id)).status).toBe('waiting');
  const { waitingFor } = await client.tasks.getById(task.id);
  await killAndRestart();
  expect(await client.tasks.getById(task.id)).toMatchObject({ status: 'waiting', waitingFor });
  expect(calls).toEqual([]);
  await client.tasks.approve(task.id);
  await runtime.kill();
  await killAndRestart();
  const done = await client.tasks.waitForCompletion(task.id, { timeoutMs: 120_000 });
  expect(done).toMatchObject({ status: 'completed', result: 'booked' });
  const { steps } = await client.tasks.getTrace(task.id);
  expect(steps.map(({ kind, status }) => `${kind} ${status}`)).toEqual([
    'model completed',
    'approval completed',
    'tool completed',
    'model completed',
  ]);
  expect(new Set(calls)).toEqual(new Set([`${task.id}:3`]));
});

test('killed in the middle of a delegation, child and parent both go on, and nothing is handed out twice', async () => {
  const worker = await agent(booking, { tools: [book(false)] });
  const boss = await agent(
    [
      {
        when: { text: 'Go' },
        reply: { toolCalls: [{ name: 'delegate_to_worker', arguments: { instruction: 'Book 1.' } }] },
      },
      {
        when: { step: 3 },
        reply: { toolCalls: [{ name: 'delegate_to_worker', arguments: { instruction: 'Book 2.' } }] },
      },
      { when: { step: 5 }, reply: { text: 'Both are booked.' } },
    ],
    { type: 'supervisor', members: [{ agentId: worker.id, role: 'worker' }] },
  );
  const task = await client.tasks.create({ agentId: boss.id, input: { payload: { message: 'Go.' } } });
  for (const count of [1, 3]) {
    await expect.poll(() => calls.length, { interval: 1 }).toBeGreaterThanOrEqual(count);
    await killAndRestart();
  }
  const done = await client.tasks.waitForCompletion(task.id, { timeoutMs: 120_000 });
  expect(done).toMatchObject({ status: 'completed', result: 'Both are booked.' });
  const { data: children } = await client.tasks.list({ parentTaskId: task.id });
  expect(children.map(({ status, result }) => `${status} ${result}`)).toEqual(['completed booked', 'completed booked']);
  const { steps } = await client.tasks.getTrace(task.id);
  expect(steps.map(({ kind }) => kind)).toEqual(['model', 'delegation', 'model', 'delegation', 'model']);
  // Each child's tool has one key, however often the step in flight ran.
  expect(new Set(calls).size).toBe(2);
});

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentTool } from '@runctl/agents';
import { Runctl } from '@runctl/sdk';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectInvariants } from './faults/home-reader.test-rig.ts';
import { type RuntimeProcess, runCommand, startRuntimeProcess } from './runtime-process.test-rig.ts';

let folder: string;
let runtime: RuntimeProcess;
let toolServer: Server;
/** The idempotency keys of the calls that reached the tool, in order. */
let calls: string[];
let onCall: (count: number) => void = () => undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-crash-'));
  calls = [];
  toolServer = createServer((request, response) => {
    calls.push(String(request.headers['idempotency-key']));
    onCall(calls.length);
    setTimeout(() => response.setHeader('content-type', 'application/json').end('{"ok":true}'), 30);
  });
  await new Promise<void>((resolve) => toolServer.listen(0, '127.0.0.1', resolve));
  runtime = await startRuntimeProcess(folder);
});

afterEach(async () => {
  await runtime.kill();
  await expectInvariants({ folder });
  await new Promise((resolve) => toolServer.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

function bookTool(): AgentTool {
  const { port } = toolServer.address() as AddressInfo;
  return {
    name: 'book',
    description: 'Books a seat.',
    inputSchema: { type: 'object', properties: { seat: { type: 'integer' } }, required: ['seat'] },
    enabled: true,
    invokeUrl: `http://127.0.0.1:${port}/book`,
  };
}

/** Books seats one after the other, then says so: model and tool in turn, each a step. */
function booking(seats: number) {
  const rules = Array.from({ length: seats }, (_, index) => ({
    when: { step: 2 * index + 1 },
    reply: { toolCalls: [{ name: 'book', arguments: { seat: index + 1 } }] },
  }));
  return { rules: [...rules, { when: { step: 2 * seats + 1 }, reply: { text: `${seats} seats are booked.` } }] };
}

test('killed with kill -9 in the middle of a task, it completes the task at the next start and runs no committed step twice', async () => {
  const seats = 6;
  const apiKey = runtime.apiKey ?? '';
  let client = new Runctl({ apiKey, baseUrl: runtime.url });
  const agent = await client.agents.create({
    name: 'Booking',
    type: 'reactive',
    modelProvider: 'simulated',
    model: 'scripted',
    systemPrompt: 'Book.',
    tools: [bookTool()],
    metadata: { simulation: booking(seats) },
  });
  await client.agents.deploy(agent.id);
  const task = await client.tasks.create({ agentId: agent.id, input: { payload: { message: 'Book all.' } } });

  const inFlight: string[] = [];
  for (const count of [2, 5]) {
    await new Promise<void>((resolve) => {
      onCall = (seen) => {
        if (seen === count) resolve();
      };
    });
    await runtime.kill();
    inFlight.push(calls.at(-1) ?? '');
    runtime = await startRuntimeProcess(folder);
  }

  client = new Runctl({ apiKey, baseUrl: runtime.url });
  const done = await client.tasks.waitForCompletion(task.id, { timeoutMs: 120_000 });
  expect(done).toMatchObject({ status: 'completed', result: '6 seats are booked.', attempt: 3, error: null });
  const { steps } = await client.tasks.getTrace(task.id);
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 2 * seats + 1 }, (_, index) => index + 1));
  expect(done.usage).toMatchObject({ steps: 13, modelCalls: 7, toolCalls: 6 });
  // Its events have no gap and no repetition either, tell of both losses, and end with the end.
  const events = await client.tasks.events.iter(task.id).toArray({ limit: 100 });
  const finished = events.flatMap((event) => (event.type === 'step.completed' ? [event.data.step] : []));
  expect(finished).toEqual(steps.map(({ step }) => step));
  const statuses = events.flatMap((event) => (event.type === 'task.status' ? [event.data.status] : []));
  expect(statuses).toEqual(['queued', 'running', 'queued', 'running', 'queued', 'running', 'completed']);
  expect(events.filter(({ type }) => type === 'log')).toHaveLength(2);
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  expect(events.at(-1)?.type).toBe('task.status');
  // Only what was in flight ran again, under the same key.
  const repeated = calls.filter((key, index) => calls.indexOf(key) !== index);
  expect(repeated).toEqual(inFlight);
  expect(new Set(calls).size).toBe(seats);
});

test('told to end, it hands its tasks back, exits with 0, and goes on at the next start', async () => {
  const apiKey = runtime.apiKey ?? '';
  let client = new Runctl({ apiKey, baseUrl: runtime.url });
  const agent = await client.agents.create({
    name: 'Booking',
    type: 'reactive',
    modelProvider: 'simulated',
    model: 'scripted',
    systemPrompt: 'Book.',
    tools: [bookTool()],
    metadata: { simulation: booking(3) },
  });
  await client.agents.deploy(agent.id);
  const called = new Promise<void>((resolve) => {
    onCall = () => resolve();
  });
  const task = await client.tasks.create({ agentId: agent.id, input: { payload: { message: 'Book all.' } } });
  await called;
  expect(await runtime.terminate()).toBe(0);
  runtime = await startRuntimeProcess(folder);
  expect(runtime.apiKey).toBeUndefined();
  client = new Runctl({ apiKey, baseUrl: runtime.url });
  const done = await client.tasks.waitForCompletion(task.id, { timeoutMs: 120_000 });
  expect(done).toMatchObject({ status: 'completed', result: '3 seats are booked.' });
  expect(new Set(calls).size).toBe(calls.length);
});

test('a taken port, a locked folder and a bad option are refused in a line that says what to do', async () => {
  const port = new URL(runtime.url).port;
  const elsewhere = mkdtempSync(join(tmpdir(), 'runctl-crash-'));
  const taken = await runCommand('dev', '--port', port, '--data', elsewhere);
  expect(taken).toMatchObject({ code: 1, output: '' });
  expect(taken.errors).toMatch(new RegExp(`^runctl: .*${port}.*--port.*\n$`));
  const locked = await runCommand('dev', '--port', '0', '--data', folder);
  expect(locked.errors).toMatch(/^runctl: Another Runctl process uses .*--data\.\n$/);
  const nowhere = await runCommand(
    'serve',
    '--database-wait',
    '0',
    '--database-url',
    'postgres://runctl@127.0.0.1:1/none',
  );
  expect(nowhere.errors).toMatch(/^runctl: The database cannot be used: .*ECONNREFUSED.*--database-url/);
  const typo = await runCommand('keys', 'create', '--data', join(elsewhere, 'typo'));
  expect(typo.errors).toMatch(/^runctl: .*typo holds no data of Runctl/);
  const bad = await runCommand('dev', '--port', '70000');
  expect(bad.errors).toContain('It must be a whole number from 0 to 65535.');
  // The key of the first tenant is shown once: a start that failed must not have made it.
  const second = await startRuntimeProcess(elsewhere);
  expect(second.apiKey).toMatch(/^rctl_/);
  await second.kill();
  rmSync(elsewhere, { recursive: true, force: true });
});

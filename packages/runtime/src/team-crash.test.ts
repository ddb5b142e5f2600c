import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runctl } from '@runctl/sdk';
import type { TeamStrategy } from '@runctl/teams';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectInvariants } from './faults/home-reader.test-rig.ts';
import { type RuntimeProcess, startRuntimeProcess } from './runtime-process.test-rig.ts';

let folder: string;
let runtime: RuntimeProcess;
let client: Runctl;
let apiKey: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-team-crash-'));
  runtime = await startRuntimeProcess(folder);
  apiKey = runtime.apiKey ?? '';
  client = new Runctl({ apiKey, baseUrl: runtime.url });
});
afterEach(async () => {
  await runtime.kill();
  await expectInvariants({ folder });
  rmSync(folder, { recursive: true, force: true });
});

async function killAndRestart(): Promise<void> {
  await runtime.kill();
  runtime = await startRuntimeProcess(folder);
  client = new Runctl({ apiKey, baseUrl: runtime.url });
}

async function member(role: string) {
  const agent = await client.agents.create({
    name: role,
    type: 'reactive',
    modelProvider: 'simulated',
    model: 'scripted',
    systemPrompt: '',
    metadata: { simulation: { rules: [{ when: {}, reply: { text: role, delayMs: 150 } }] } },
  });
  await client.agents.deploy(agent.id);
  return { agentId: agent.id, role };
}

test.each<[TeamStrategy, number]>([
  ['sequential', 3],
  ['parallel', 3],
])('killed again and again, a team that works %s takes each turn once', async (strategy, turns) => {
  const members = [await member('one'), await member('two'), await member('aggregator')];
  const group = await client.teams.create({ name: 'T', strategy, members });
  const task = await client.tasks.create({ teamId: group.id, input: { payload: { message: 'Go' } } });
  for (let handedOut = 1; handedOut < turns; handedOut += 1) {
    await expect
      .poll(async () => (await client.tasks.getTrace(task.id)).steps.length, { interval: 1 })
      .toBeGreaterThanOrEqual(handedOut);
    await killAndRestart();
  }
  const done = await client.tasks.waitForCompletion(task.id, { timeoutMs: 120_000 });
  expect(done).toMatchObject({ status: 'completed', result: 'aggregator' });
  const { data: children } = await client.tasks.list({ parentTaskId: task.id });
  expect(children.map(({ status }) => status)).toEqual(Array(turns).fill('completed'));
  const { steps } = await client.tasks.getTrace(task.id);
  expect(new Set(steps.map(({ childTaskId }) => childTaskId)).size).toBe(turns);
});

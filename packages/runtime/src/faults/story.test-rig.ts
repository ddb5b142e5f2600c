import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Agent, AgentConfig } from '@runctl/agents';
import type { JsonValue } from '@runctl/core';
import { isRetryableError, type Runctl, RunctlApiError } from '@runctl/sdk';
import type { Task } from '@runctl/tasks';
import { expect } from 'vitest';
import { OperatorAccounts } from '../services/operator-accounts.ts';
import { openOperatorHome } from '../store/operator/open-operator-home.ts';
import { type DataPlace, reading } from './home-reader.test-rig.ts';

/** A tool that notes under which keys it was called. */
export interface ToolServer {
  readonly url: string;
  /** In order. */
  readonly keys: string[];
  close(): Promise<void>;
}

/** Answers after so many milliseconds. */
export async function startToolServer(delayMs = 0): Promise<ToolServer> {
  const keys: string[] = [];
  const server = createServer((request, response) => {
    keys.push(String(request.headers['idempotency-key']));
    const answer = () => response.setHeader('content-type', 'application/json').end('{"ok":true}');
    if (delayMs === 0) answer();
    else setTimeout(answer, delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/book`, keys, close };
}

/** A scripted agent in service. */
export async function scriptedAgent(
  client: Runctl,
  rules: JsonValue,
  change: Partial<AgentConfig> = {},
): Promise<Agent> {
  const agent = await client.agents.create({
    name: 'Scripted',
    type: 'reactive',
    modelProvider: 'simulated',
    model: 'scripted',
    systemPrompt: 'Work.',
    metadata: { simulation: { rules } },
    ...change,
  });
  await client.agents.deploy(agent.id, { replicas: 4 });
  return agent;
}

/** The agents of the story: one books with a person's approval, hands work to another, and says so. */
export async function castStory(client: Runctl, toolUrl: string): Promise<string> {
  const worker = await scriptedAgent(client, [{ when: {}, reply: { text: 'checked' } }]);
  const boss = await scriptedAgent(
    client,
    [
      { when: { step: 1 }, reply: { toolCalls: [{ name: 'book', arguments: { seat: 1 } }] } },
      {
        when: { step: 3 },
        reply: { toolCalls: [{ name: 'delegate_to_worker', arguments: { instruction: 'Check.' } }] },
      },
      { when: { step: 5 }, reply: { text: 'Booked and checked.' } },
    ],
    { type: 'supervisor', members: [{ agentId: worker.id, role: 'worker' }], tools: [bookTool(toolUrl)] },
  );
  return boss.id;
}

/** Makes a webhook where nobody listens: what it is to be told of stays in the outbox. */
export async function listenInVain(client: Runctl): Promise<void> {
  const { tenantId } = await client.tenants.whoami();
  const events = ['task.waiting' as const, 'task.completed' as const, 'task.failed' as const];
  await client.tenants.webhooks.create(tenantId, { url: 'https://127.0.0.1:9/', events });
}

/** Limits the tasks of a day, far beyond what is asked, so that each one is counted. */
export async function countTasks(place: DataPlace): Promise<void> {
  const home = await openOperatorHome(place);
  const accounts = new OperatorAccounts(home);
  await accounts.setLimits(await accounts.onlyTenantId(), { tasksPerDay: 100_000 });
  await home.close();
}

/** How many have been counted. */
export async function countedTasks(place: DataPlace): Promise<number> {
  const counters = await reading(place, (query) => query.selectFrom('quota_counters').select('used').execute());
  return counters.reduce((sum, { used }) => sum + used, 0);
}

/** Books a seat, after a person has said yes. */
export function bookTool(invokeUrl: string, requiresApproval = true) {
  return {
    name: 'book',
    description: 'Books a seat.',
    inputSchema: { type: 'object' },
    enabled: true,
    requiresApproval,
    invokeUrl,
  };
}

/** Does what is asked until it is answered: again after each failure that may pass. */
export async function untilAnswered<Result>(ask: () => Promise<Result>): Promise<Result> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!isRetryableError(error) || tries === 500) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** The client of whatever runs now. */
export type Stage = () => Runctl | Promise<Runctl>;

/** Plays the story to its end, past whatever breaks on the way. */
export async function playStory(stage: Stage, agentId: string, key: string): Promise<Task> {
  const body = { agentId, input: { payload: { message: 'Go.' } } };
  const create = () => untilAnswered(async () => (await stage()).tasks.create(body, { idempotencyKey: key }));
  const { id } = await create();
  const now = () => untilAnswered(async () => (await stage()).tasks.getById(id));
  await until(now, ({ status }) => status === 'waiting');
  await untilAnswered(async () => (await stage()).tasks.approve(id, {})).catch((error: unknown) => {
    // The answer to an earlier try was lost: it had been approved.
    if (!(error instanceof RunctlApiError) || error.code !== 'task.not_waiting') throw error;
  });
  const done = await until(now, ({ status }) => ['completed', 'failed', 'cancelled'].includes(status));
  expect((await create()).id).toBe(id);
  return done;
}

async function until(now: () => Promise<Task>, isThere: (task: Task) => boolean): Promise<Task> {
  for (const endsAt = performance.now() + 120_000; ; ) {
    const task = await now();
    if (isThere(task)) return task;
    if (performance.now() > endsAt) throw new RangeError(`Task ${task.id} stays ${task.status}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The story was told once: each step has one outcome, and only what was in flight when it broke ran again. */
export async function expectStory(client: Runctl, done: Task, toolKeys: readonly string[]): Promise<void> {
  expect(done).toMatchObject({ status: 'completed', result: 'Booked and checked.', error: null });
  const { steps } = await client.tasks.getTrace(done.id);
  expect(steps.map(({ kind, status }) => `${kind} ${status}`)).toEqual(
    ['model', 'approval', 'tool', 'model', 'delegation', 'model'].map((kind) => `${kind} completed`),
  );
  const { data: children } = await client.tasks.list({ parentTaskId: done.id });
  expect(children.map(({ status }) => status)).toEqual(['completed']);
  const own = toolKeys.filter((key) => key.startsWith(done.id));
  expect(new Set(own)).toEqual(new Set([`${done.id}:3`]));
  expect(own.length).toBeLessThanOrEqual(2);
}

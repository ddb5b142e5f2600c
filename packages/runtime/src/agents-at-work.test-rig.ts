import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Agent, AgentConfig } from '@runctl/agents';
import type { JsonObject, JsonValue } from '@runctl/core';
import { Runctl } from '@runctl/sdk';
import type { FinishedTask, Task, TraceStep } from '@runctl/tasks';
import type { DataPlace } from './faults/home-reader.test-rig.ts';
import { createRuntime, type Runtime } from './runtime.ts';

/** What a scripted agent does in one turn. */
export interface Rule {
  when: { text?: string; tool?: string; step?: number };
  reply: JsonObject;
}

/** A runtime in a folder of its own, or on a database, used through the SDK. */
export interface AgentsAtWork {
  readonly client: Runctl;
  /** Where its data is. */
  readonly place: DataPlace;
  /** What the runtime told its operator of. */
  readonly errors: unknown[];
  /** A scripted agent in service. */
  agent(rules: readonly Rule[], change?: Partial<AgentConfig>): Promise<Agent>;
  /** Creates a task with a message. */
  ask(agent: Agent, message: string, more?: JsonObject): Promise<Task>;
  /** Creates a task and waits for its end. */
  run(agent: Agent, message: string, more?: JsonObject): Promise<FinishedTask>;
  /** The task once it waits for somebody. */
  waiting(task: Pick<Task, 'id'>): Promise<Extract<Task, { status: 'waiting' }>>;
  /** The steps of a task. */
  steps(task: Pick<Task, 'id'>): Promise<TraceStep[]>;
  /** Stops the runtime and starts another on the same folder. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Starts it; on Postgres where it is given an address. */
export async function startAgentsAtWork(databaseUrl?: string): Promise<AgentsAtWork> {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-agents-'));
  const errors: unknown[] = [];
  const home = databaseUrl === undefined ? { folder } : { databaseUrl };
  const open = () => createRuntime({ ...home, egressAllow: ['127.0.0.1'], onError: (error) => errors.push(error) });
  let runtime: Runtime = await open();
  const client = new Runctl({
    apiKey: runtime.newApiKey ?? '',
    baseUrl: 'https://runctl.test',
    fetch: (input, init) => runtime.fetch(new Request(input, init)),
  });
  const ask = (agent: Agent, message: string, more: JsonObject = {}) =>
    client.tasks.create({ agentId: agent.id, input: { payload: { message } }, ...more });
  return {
    client,
    place: home,
    errors,
    ask,
    agent: async (rules, change = {}) => {
      const agent = await client.agents.create({
        name: 'Scripted',
        type: 'reactive',
        modelProvider: 'simulated',
        model: 'scripted',
        systemPrompt: 'Work.',
        metadata: { simulation: { rules: rules as unknown as JsonValue } },
        ...change,
      });
      await client.agents.deploy(agent.id, { replicas: 4 });
      return agent;
    },
    run: async (agent, message, more) =>
      client.tasks.waitForCompletion((await ask(agent, message, more)).id, { timeoutMs: 120_000 }),
    waiting: async ({ id }) => {
      for (;;) {
        const task = await client.tasks.getById(id);
        if (task.status === 'waiting') return task;
        if (client.tasks.isFinished(task)) throw new RangeError(`The task ended: ${JSON.stringify(task)}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    steps: async ({ id }) => (await client.tasks.getTrace(id)).steps,
    restart: async () => {
      await runtime.stop(0);
      runtime = await open();
    },
    close: async () => {
      await runtime.stop(0);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a trace shows of each step, in a line. */
export function inLines(steps: readonly TraceStep[]): string[] {
  return steps.map(({ step, kind, name, status }) => `${step} ${kind} ${name} ${status}`);
}

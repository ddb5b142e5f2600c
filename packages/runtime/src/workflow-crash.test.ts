import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runctl } from '@runctl/sdk';
import { findPostgres, startPostgres } from '@runctl/testkit';
import type { WorkflowStepDefinition } from '@runctl/workflows';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type DataPlace, expectInvariants } from './faults/home-reader.test-rig.ts';
import { startCommand, startRuntimeProcess } from './runtime-process.test-rig.ts';

/** Processes on one home that die at once, all of them or some. */
interface MortalRuntime {
  place: DataPlace;
  /** To whatever listens now. */
  client(): Runctl;
  /** SIGKILL, and started anew. `turn`: which of them, counted on. */
  killSome(turn: number): Promise<void>;
  end(): Promise<void>;
}

async function onSqlite(): Promise<MortalRuntime> {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-workflow-crash-'));
  let runtime = await startRuntimeProcess(folder);
  const apiKey = runtime.apiKey ?? '';
  return {
    place: { folder },
    client: () => new Runctl({ apiKey, baseUrl: runtime.url }),
    killSome: async () => {
      await runtime.kill();
      runtime = await startRuntimeProcess(folder);
    },
    end: async () => {
      await runtime.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const bin = findPostgres();

/** One process that listens and works, and one that only works: each moves workflows on. */
async function onPostgres(): Promise<MortalRuntime> {
  const postgres = await startPostgres(bin ?? '');
  const databaseUrl = postgres.createDatabase();
  const at = ['--database-url', databaseUrl];
  const startServe = () => startCommand('serve', ...at, '--host', '127.0.0.1', '--port', '0', '--slots', '16');
  const startWorker = () => startCommand('worker', ...at, '--slots', '16');
  let serve = await startServe();
  let worker = await startWorker();
  const [apiKey = ''] = /rctl_\w{32}/.exec(serve.firstLine) ?? [];
  return {
    place: { databaseUrl },
    client: () => new Runctl({ apiKey, baseUrl: /http:[^\s,]+/.exec(serve.firstLine)?.[0] ?? '' }),
    killSome: async (turn) => {
      const both = turn % 3 === 2;
      const dying = [turn % 3 === 0 || both ? serve : undefined, turn % 3 === 1 || both ? worker : undefined];
      await Promise.all(dying.map((each) => each?.kill()));
      if (dying[0] !== undefined) serve = await startServe();
      if (dying[1] !== undefined) worker = await startWorker();
    },
    end: async () => {
      await Promise.all([serve.kill(), worker.kill()]);
      await postgres.stop();
    },
  };
}

const homes = [
  { name: 'sqlite', start: onSqlite },
  ...(bin === undefined ? [] : [{ name: 'postgres', start: onPostgres }]),
];

describe.each(homes)('killed with kill -9 again and again, on $name', ({ start }) => {
  let runtime: MortalRuntime;
  let agentId: string;

  beforeAll(() => {
    vi.stubEnv('RUNCTL_LOG_LEVEL', 'error');
  });
  afterAll(() => {
    vi.unstubAllEnvs();
  });

  beforeEach(async () => {
    runtime = await start();
    const client = runtime.client();
    const agent = await client.agents.create({
      name: 'Slow echo',
      type: 'reactive',
      modelProvider: 'simulated',
      model: 'scripted',
      systemPrompt: 'Wait.',
      metadata: { simulation: { rules: [{ when: {}, reply: { text: 'done', delayMs: 5 } }] } },
    });
    await client.agents.deploy(agent.id, { replicas: 32 });
    agentId = agent.id;
  });

  afterEach(async () => {
    try {
      await expectInvariants(runtime.place);
    } finally {
      await runtime.end();
    }
  });

  /** Runs it, and kills whenever so many more of its steps are completed. */
  async function runThroughKills(steps: WorkflowStepDefinition[], input: object, kills: readonly number[]) {
    const definition = await runtime
      .client()
      .workflowDefinitions.create({ name: 'Long', pattern: 'sequential', steps });
    const { id } = await runtime.client().workflows.execute({ workflowDefinitionId: definition.id, input });
    const completed = async () => (await runtime.client().workflows.getMetrics(id)).stepCounts.completed;
    for (const [turn, least] of kills.entries()) {
      while ((await completed()) < least) await new Promise((resolve) => setTimeout(resolve, 5));
      await runtime.killSome(turn);
    }
    const client = runtime.client();
    const done = await client.workflows.waitForCompletion(id, { timeoutMs: 500_000 });
    expect(done).toMatchObject({ status: 'completed', error: null });
    const all = await client.workflows.getSteps(id);
    expect(all.filter(({ status, attempt }) => status !== 'completed' || attempt !== 1)).toEqual([]);
    const taskIds = all.flatMap(({ taskId }) => taskId ?? []);
    expect(new Set(taskIds).size).toBe(taskIds.length);
    const tasks = await client.tasks.list({ workflowId: id, page: 1 });
    expect(tasks.pagination.total).toBe(taskIds.length);
    // Each step ended once, in the story that is told of it too.
    const ends: string[] = [];
    for await (const event of client.workflows.events.iter(id)) {
      if (event.type === 'step.status' && event.data.status === 'completed') ends.push(event.data.stepId);
    }
    expect(ends.sort()).toEqual(all.map(({ stepId }) => stepId).sort());
    return { done, taskCount: taskIds.length };
  }

  test('a workflow of 200 steps goes on where it was: no step is lost and none is done twice', async () => {
    const kinds = [
      { agentId },
      { type: 'wait' as const, seconds: 0.01 },
      { type: 'transform' as const, output: 'done' },
    ];
    const steps = Array.from({ length: 200 }, (_, index) => ({
      ...{ stepId: `s${index}`, name: `S${index}` },
      ...(kinds[index % 4] ?? { agentId }),
    })) as WorkflowStepDefinition[];
    const { taskCount } = await runThroughKills(steps, {}, [5, 60, 120, 180]);
    expect(taskCount).toBe(100);
  }, 600_000);

  test('a map over 1,000 items goes on where it was: each item is done once, in its place', async () => {
    const say = { stepId: 'say', name: 'Say', agentId };
    const which = { stepId: 'which', name: 'Which', type: 'transform' as const, output: '{{item}}' };
    const steps: WorkflowStepDefinition[] = [
      { stepId: 'each', name: 'Each', type: 'map', over: 'input.items', steps: [say, which] },
    ];
    const items = Array.from({ length: 1_000 }, (_, index) => index);
    const { done, taskCount } = await runThroughKills(steps, { items }, [1, 500, 1_200, 1_900]);
    expect(done.output).toEqual(items);
    expect(taskCount).toBe(1_000);
  }, 600_000);
});

import type { AgentInstance } from '@runctl/agents';
import { Runctl } from '@runctl/sdk';
import { findPostgres, type PostgresServer, startPostgres } from '@runctl/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { expectInvariants } from './faults/home-reader.test-rig.ts';
import { type CommandProcess, startCommand } from './runtime-process.test-rig.ts';

const bin = findPostgres();

describe.skipIf(bin === undefined)('workers that come and go beside agents in service', () => {
  let postgres: PostgresServer;
  let databaseUrl: string;
  let client: Runctl;
  let serve: CommandProcess;
  let workers: CommandProcess[] = [];

  beforeAll(async () => {
    vi.stubEnv('RUNCTL_LOG_LEVEL', 'warn');
    postgres = await startPostgres(bin ?? '');
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    return postgres.stop();
  });
  beforeEach(async () => {
    databaseUrl = postgres.createDatabase();
    const where = ['--host', '127.0.0.1', '--port', '0', '--slots', '0'];
    serve = await startCommand('serve', '--database-url', databaseUrl, ...where);
    const [url] = /http:[^\s,]+/.exec(serve.firstLine) ?? [];
    const [apiKey] = /rctl_\w{32}/.exec(serve.firstLine) ?? [];
    client = new Runctl({ apiKey: apiKey ?? '', baseUrl: url ?? '' });
    workers = [await startWorker(), await startWorker()];
  });
  afterEach(async () => {
    await Promise.all([...workers, serve].map((each) => each.kill()));
    await expectInvariants({ databaseUrl });
  });

  function startWorker(): Promise<CommandProcess> {
    return startCommand('worker', '--database-url', databaseUrl, '--slots', '8');
  }

  /** An agent whose tasks take so many milliseconds, in service. */
  async function deployed(replicas: number, delayMs = 0): Promise<string> {
    const { id } = await client.agents.create({
      name: 'Slow',
      type: 'reactive',
      modelProvider: 'simulated',
      model: 'scripted',
      systemPrompt: '',
      metadata: { simulation: { rules: [{ when: {}, reply: { delayMs, text: 'done' } }] } },
    });
    const { id: deploymentId } = await client.agents.deploy(id, { replicas });
    await client.agents.waitForDeployment(id, deploymentId);
    return id;
  }
  const slotsOf = (agentId: string) => client.agents.iterInstances(agentId).toArray({ limit: 100 });
  const isServing = ({ status }: AgentInstance) => status === 'ready' || status === 'busy';
  /** How many slots that serve each worker has, the fewest first. */
  const perWorker = async (agentId: string) => {
    const counts = new Map<string, number>();
    for (const slot of (await slotsOf(agentId)).filter(isServing)) {
      counts.set(slot.workerId, (counts.get(slot.workerId) ?? 0) + 1);
    }
    return [...counts.values()].sort();
  };

  test('one that starts later gets its share of the slots, and executes tasks; none is interrupted, and no cap passed', async () => {
    const agentId = await deployed(6, 1_000);
    const single = await deployed(1);
    const [only] = await slotsOf(single);
    const batch = () =>
      client.tasks.createBatch({ tasks: Array.from({ length: 25 }, () => ({ agentId, input: { payload: {} } })) });
    const tasks = [...(await batch()), ...(await batch())];
    const before = new Set((await slotsOf(agentId)).map(({ workerId }) => workerId));
    expect(before.size).toBe(2);
    workers.push(await startWorker());
    await expect.poll(() => perWorker(agentId)).toEqual([2, 2, 2]);
    tasks.push(...(await batch()));
    const done = await Promise.all(tasks.map(({ id }) => client.tasks.waitForCompletion(id)));
    expect(done.map(({ status, attempt }) => `${status} ${attempt}`)).toEqual(tasks.map(() => 'completed 1'));
    expect(mostAtOnce(done)).toBeLessThanOrEqual(6);
    const worked = async () =>
      (await slotsOf(agentId)).filter(({ workerId, completedTasks }) => !before.has(workerId) && completedTasks > 0);
    await expect.poll(worked).toHaveLength(2);
    const { data: deployments } = await client.agents.listDeployments(agentId);
    expect(deployments.map(({ reason }) => reason)).toEqual(['deploy']);
    expect((await slotsOf(single)).map(({ id }) => id)).toEqual([only?.id]);
  });

  test('one that stands in for another that was killed gets what that one had', async () => {
    const agentId = await deployed(4);
    await workers[0]?.kill();
    await expect.poll(() => perWorker(agentId)).toEqual([4]);
    workers.push(await startWorker());
    await expect.poll(() => perWorker(agentId)).toEqual([2, 2]);
    expect(await client.agents.getById(agentId)).toMatchObject({ status: 'running', replicas: { ready: 4 } });
  });

  test('an operation that a user asks for while slots move is never refused for their sake', async () => {
    const agentId = await deployed(8);
    workers.push(await startWorker());
    for (let replicas = 7; replicas < 27; replicas += 1) {
      const { id } = await client.agents.scale(
        agentId,
        { desiredReplicas: replicas % 2 === 0 ? 8 : 12 },
        { retries: 0 },
      );
      await client.agents.waitForDeployment(agentId, id);
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    await expect.poll(() => perWorker(agentId)).toEqual([2, 3, 3]);
  });

  test('many agents of one slot each are not all left to the worker that was there first', async () => {
    await workers.pop()?.kill();
    const agentIds = await Promise.all([1, 2, 3, 4].map(() => deployed(1)));
    const spread = async () => {
      const workerIds = (await Promise.all(agentIds.map(slotsOf)))
        .flat()
        .filter(isServing)
        .map(({ workerId }) => workerId);
      return [...new Set(workerIds)].map((id) => workerIds.filter((each) => each === id).length);
    };
    await expect.poll(spread).toEqual([4]);
    workers.push(await startWorker());
    await expect.poll(spread).toEqual([2, 2]);
  });
});

/** Tasks that ran at the same time, at most. */
function mostAtOnce(tasks: readonly { startedAt: string | null; finishedAt: string | null }[]): number {
  const changes = tasks.flatMap(({ startedAt, finishedAt }) => [
    { at: Date.parse(startedAt ?? ''), by: 1 },
    { at: Date.parse(finishedAt ?? ''), by: -1 },
  ]);
  // Who ends in a millisecond makes room for who starts in it.
  changes.sort((one, other) => one.at - other.at || one.by - other.by);
  let now = 0;
  return changes.reduce((most, { by }) => {
    now += by;
    return Math.max(most, now);
  }, 0);
}

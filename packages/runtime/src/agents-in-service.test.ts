import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentInstance, CreateAgentInput } from '@runctl/agents';
import { isControllerBusy, Runctl, type RunctlApiError, responseMeta } from '@runctl/sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRuntime, type Runtime } from './runtime.ts';

const folders: string[] = [];
let errors: unknown[];
let runtime: Runtime;
let client: Runctl;
let folder: string;

async function open(): Promise<Runtime> {
  return createRuntime({ folder, onError: (error) => errors.push(error) });
}
beforeEach(async () => {
  errors = [];
  folder = mkdtempSync(join(tmpdir(), 'runctl-service-'));
  folders.push(folder);
  runtime = await open();
  client = new Runctl({
    apiKey: runtime.newApiKey ?? '',
    baseUrl: 'http://127.0.0.1',
    fetch: async (...request) => runtime.fetch(new Request(...request)),
  });
});
afterEach(async () => {
  await runtime.stop(0);
  for (const each of folders.splice(0)) rmSync(each, { recursive: true });
  expect(errors).toEqual([]);
});

/** An agent that answers after so many milliseconds. */
function slow(delayMs: number, change: Partial<CreateAgentInput> = {}) {
  const rules = [{ when: {}, reply: { delayMs, text: 'done' } }];
  return client.agents.create({
    name: 'Slow',
    type: 'reactive',
    modelProvider: 'simulated',
    model: 'scripted',
    systemPrompt: 'Take your time.',
    metadata: { simulation: { rules } },
    ...change,
  });
}
async function running(agentId: string) {
  const task = await client.tasks.create({ agentId, input: { payload: { message: 'Go' } } });
  for (;;) {
    const now = await client.tasks.getById(task.id);
    if (now.status === 'running') return now;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
async function instances(agentId: string): Promise<AgentInstance[]> {
  return client.agents.iterInstances(agentId).toArray({ limit: 100 });
}

describe('operations', () => {
  it('follow each other without any waiting between them', async () => {
    const { id } = await slow(0);
    const operations = [
      await client.agents.deploy(id, { replicas: 2 }),
      await client.agents.scale(id, { desiredReplicas: 3 }),
      await client.agents.stop(id),
      await client.agents.restart(id),
      await client.agents.stop(id),
      await client.agents.restart(id, { strategy: 'immediate' }),
    ];
    expect(operations.map(({ status }) => status)).toEqual(operations.map(() => 'succeeded'));
    expect(await client.agents.getById(id)).toMatchObject({ status: 'running', replicas: { desired: 3, ready: 3 } });
    const now = (await instances(id)).filter(({ status }) => status === 'ready');
    expect(now.map(({ agentVersion, currentTaskId }) => [agentVersion, currentTaskId])).toEqual(
      [1, 1, 1].map((v) => [v, null]),
    );
  });

  it('lets what runs end before the agent is stopped, and the next operation wait for that', async () => {
    // Longer than the next request takes, shorter than the next operation waits.
    const { id } = await slow(1_200);
    await client.agents.deploy(id);
    const task = await running(id);
    const stop = await client.agents.stop(id);
    expect(stop).toMatchObject({ status: 'in_progress', finishedAt: null });
    expect(await client.agents.getById(id)).toMatchObject({ status: 'stopping', replicas: { desired: 0, ready: 0 } });
    const queued = await client.tasks.create({ agentId: id, input: { payload: {} } });
    const restart = await client.agents.restart(id);
    expect(restart).toMatchObject({ status: 'succeeded', reason: 'restart' });
    expect(await client.agents.waitForDeployment(id, stop.id)).toMatchObject({ status: 'succeeded', version: 3 });
    expect(await client.tasks.getById(task.id)).toMatchObject({ status: 'completed', attempt: 1 });
    expect(await client.tasks.waitForCompletion(queued.id)).toMatchObject({ status: 'completed' });
  });

  it('are one at a time: another one is told when to come back, and changes nothing', async () => {
    const { id } = await slow(60_000);
    await client.agents.deploy(id);
    const { id: taskId } = await running(id);
    await client.agents.stop(id, { drainSeconds: 30 });
    const busy = await client.agents
      .scale(id, { desiredReplicas: 5 })
      .catch((error: unknown) => error as RunctlApiError);
    expect(isControllerBusy(busy)).toBe(true);
    expect(busy).toMatchObject({ status: 409, code: 'controller.busy', retryable: true });
    const { status, headers } = await runtime.fetch(
      new Request(`http://127.0.0.1/v1/agents/${id}/deploy`, {
        method: 'POST',
        headers: { authorization: `Bearer ${runtime.newApiKey}` },
      }),
    );
    expect([status, Number(headers.get('retry-after')) > 20]).toEqual([409, true]);
    expect((await client.agents.listDeployments(id)).data).toHaveLength(2);
    await client.tasks.cancel(taskId);
  });

  it('wake who waits for a deployment the moment that it ends', { retry: 3 }, async () => {
    const { id } = await slow(60_000);
    await client.agents.deploy(id);
    const { id: taskId } = await running(id);
    const stop = await client.agents.stop(id);
    const waiting = client.agents.waitForDeployment(id, stop.id);
    const startedAt = performance.now();
    await client.tasks.cancel(taskId);
    expect(await waiting).toMatchObject({ status: 'succeeded' });
    // Sooner than any poll would have seen it; a busy machine may explain one that is late.
    expect(performance.now() - startedAt).toBeLessThan(900);
  });

  it('hand a task back that outlives the drain; it goes on after the next start', async () => {
    const { id } = await slow(60_000, {});
    await client.agents.deploy(id);
    const task = await running(id);
    const stop = await client.agents.stop(id, { drainSeconds: 0 });
    expect(await client.agents.waitForDeployment(id, stop.id)).toMatchObject({ status: 'succeeded' });
    expect(await client.agents.getById(id)).toMatchObject({ status: 'stopped' });
    expect(await client.tasks.getById(task.id)).toMatchObject({ status: 'queued' });
    await client.agents.restart(id);
    await expect.poll(() => client.tasks.getById(task.id)).toMatchObject({ status: 'running', attempt: 2 });
    await client.tasks.cancel(task.id);
  });

  it('keep a running task on its version while new tasks get the new one', async () => {
    const { id } = await slow(2_500);
    await client.agents.deploy(id, { replicas: 2 });
    const before = await running(id);
    await client.agents.update(id, { name: 'Next' });
    expect(await client.agents.deploy(id)).toMatchObject({ status: 'succeeded', agentVersion: 2 });
    const now = await instances(id);
    expect(now.map(({ status, agentVersion }) => `${status} ${agentVersion}`).sort()).toEqual(
      ['draining 1', 'ready 2', 'ready 2', 'stopped 1'].sort(),
    );
    const after = await running(id);
    expect([before.agentVersion, after.agentVersion]).toEqual([1, 2]);
    expect(await client.tasks.waitForCompletion(before.id)).toMatchObject({ status: 'completed', agentVersion: 1 });
    expect(await client.agents.rollback(id)).toMatchObject({
      status: 'succeeded',
      agentVersion: 1,
      reason: 'rollback',
    });
  });

  it('pause an agent at 0: it stays in service, and its tasks stay queued until it is scaled up', async () => {
    const { id } = await slow(0);
    await client.agents.deploy(id);
    expect(await client.agents.scale(id, { desiredReplicas: 0 })).toMatchObject({ status: 'succeeded' });
    expect(await client.agents.getById(id)).toMatchObject({ status: 'running', replicas: { desired: 0, ready: 0 } });
    const task = await client.tasks.create({ agentId: id, input: { payload: {} } });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await client.tasks.getById(task.id)).status).toBe('queued');
    await client.agents.scale(id, { desiredReplicas: 1 });
    expect(await client.tasks.waitForCompletion(task.id)).toMatchObject({ status: 'completed' });
  });

  it('never let more tasks run at once than there are replicas, old and new slots together', async () => {
    const { id } = await slow(60_000);
    await client.agents.deploy(id, { replicas: 2 });
    const tasks = [await running(id), await running(id)];
    await client.agents.restart(id);
    const third = await client.tasks.create({ agentId: id, input: { payload: {} } });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await client.tasks.getById(third.id)).status).toBe('queued');
    for (const each of tasks) await client.tasks.cancel(each.id);
    await expect.poll(async () => (await client.tasks.getById(third.id)).status).toBe('running');
    await client.tasks.cancel(third.id);
  });

  it('refuse the deletion of an agent in service, or with a task that has not ended', async () => {
    const { id } = await slow(60_000);
    await client.agents.deploy(id);
    const task = await running(id);
    await expect(client.agents.delete(id)).rejects.toMatchObject({ status: 409, code: 'agent.running' });
    await client.agents.stop(id, { drainSeconds: 0 }).then(({ id: stop }) => client.agents.waitForDeployment(id, stop));
    await expect(client.agents.delete(id)).rejects.toMatchObject({ status: 409, code: 'agent.has_open_tasks' });
    await client.tasks.cancel(task.id);
    expect(await client.agents.delete(id)).toMatchObject({ deleted: true });
  });

  it('tell their story as events', async () => {
    const { id } = await slow(0);
    await client.agents.deploy(id);
    await client.agents.stop(id);
    const events = await client.agents.events.iter(id).toArray({ limit: 100 });
    expect(events.map(({ type, data }) => `${type} ${data.status}`)).toEqual([
      'agent.status draft',
      'deployment.updated in_progress',
      'instance.updated ready',
      'agent.status running',
      'deployment.updated succeeded',
      'deployment.updated in_progress',
      'instance.updated stopped',
      'agent.status stopped',
      'deployment.updated succeeded',
    ]);
  });
});

describe('instances', () => {
  it('say what they work on, what they have done, and how they fare', async () => {
    const { id } = await slow(2_500);
    await client.agents.deploy(id, { replicas: 2 });
    const task = await running(id);
    const busy = (await instances(id)).filter(({ status }) => status === 'busy');
    expect(busy).toMatchObject([{ currentTaskId: task.id, completedTasks: 0, failedTasks: 0, restarts: 0 }]);
    const health = await client.agents.getInstanceHealth(id, busy[0]?.id ?? '');
    // How late its timers are is the machine's to say.
    const isLate = health.checks.some(({ name, ok }) => name === 'event_loop' && !ok);
    expect(health).toMatchObject({ instanceId: busy[0]?.id, status: isLate ? 'degraded' : 'healthy' });
    expect(health.checks.map(({ name, ok }) => [name, ok])).toEqual(
      ['heartbeat', 'progress', 'event_loop', 'provider'].map((name) => [name, name !== 'event_loop' || !isLate]),
    );
    await client.tasks.waitForCompletion(task.id);
    await expect
      .poll(async () => (await instances(id)).map(({ status, completedTasks }) => `${status} ${completedTasks}`).sort())
      .toEqual(['ready 0', 'ready 1']);
    await expect(client.agents.getInstanceHealth(id, 'ins_none')).rejects.toMatchObject({ status: 404 });
  });

  it('are started anew, empty, when the process comes back', async () => {
    const { id } = await slow(0);
    await client.agents.deploy(id, { replicas: 2 });
    const before = await instances(id);
    const { newApiKey } = runtime;
    await runtime.stop();
    runtime = await open();
    expect(newApiKey).toBeDefined();
    const after = await instances(id);
    expect(after.map((each) => each.id)).toEqual(before.map((each) => each.id));
    expect(after.map(({ status, restarts }) => [status, restarts])).toEqual([
      ['ready', 1],
      ['ready', 1],
    ]);
    expect(after[0]?.workerId).not.toBe(before[0]?.workerId);
    const task = await client.tasks.createAndWait({ agentId: id, input: { payload: {} } });
    expect(task.status).toBe('completed');
  });

  it('make the agent degraded while its provider fails, and running again when it answers', async () => {
    const failing = {
      simulation: { rules: [{ when: {}, reply: { error: { code: 'provider_error', message: 'down' } } }] },
    };
    const { id } = await slow(0, { metadata: failing });
    await client.agents.deploy(id);
    for (let at = 0; at < 3; at += 1) {
      const task = await client.tasks.createAndWait({ agentId: id, input: { payload: { at } } });
      expect(task).toMatchObject({ status: 'failed', error: { code: 'provider_error' } });
    }
    await expect.poll(async () => (await client.agents.getById(id)).status).toBe('degraded');
    const [instance] = await instances(id);
    const health = await client.agents.getInstanceHealth(id, instance?.id ?? '');
    expect(health.status).toBe('degraded');
    expect(health.checks.find(({ ok }) => !ok)).toMatchObject({ name: 'provider', value: 3, threshold: 2 });
    await client.agents.update(id, { metadata: {}, model: 'echo' });
    await client.agents.deploy(id);
    expect((await client.agents.getById(id)).status).toBe('running');
  });
});

describe('logs', () => {
  it('tell what tasks and tools did, by level, page by page', async () => {
    const rules = [
      { when: { step: 1 }, reply: { toolCalls: [{ name: 'calculator', arguments: { expression: '1 +' } }] } },
      { when: {}, reply: { text: 'no' } },
    ];
    const { id } = await slow(0, { tools: ['calculator'], metadata: { simulation: { rules } } });
    await client.agents.deploy(id);
    const task = await client.tasks.createAndWait({ agentId: id, input: { payload: {} } });
    const all = () => client.agents.iterLogs(id, { limit: 2 }).toArray({ limit: 100 });
    await expect.poll(async () => (await all()).length).toBeGreaterThanOrEqual(5);
    const lines = await all();
    expect(lines.map(({ level, source, step }) => [level, source, step]).reverse()).toEqual([
      ['info', 'worker', null],
      ['debug', 'agent', 1],
      ['warn', 'tool', 2],
      ['debug', 'agent', 3],
      ['info', 'runtime', null],
    ]);
    expect(lines.every(({ taskId, instanceId }) => taskId === task.id && instanceId?.startsWith('ins_'))).toBe(true);
    const { logs, hasMore, nextCursor } = await client.agents.getLogs(id, { level: 'warn', taskId: task.id });
    expect([logs.length, hasMore, nextCursor]).toEqual([1, false, null]);
    expect(logs[0]?.message).toMatch(/^calculator failed after \d+ ms: /);
    expect(await client.agents.getLogs(id, { to: new Date(0) })).toMatchObject({ logs: [] });
    expect(responseMeta(logs)).toBeUndefined();
  });
});

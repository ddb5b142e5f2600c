import type { JsonObject } from '@runctl/core';
import type { CreateWorkflowDefinitionInput, FinishedWorkflow } from '@runctl/workflows';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ContractHome, contractHomes, stopContractHomes } from './contract/contract-home.test-rig.ts';

afterAll(stopContractHomes);

type Steps = CreateWorkflowDefinitionInput['steps'];

describe.each(contractHomes)('at the edges of workflows on $name', ({ open }) => {
  let home: ContractHome;

  beforeAll(async () => {
    home = await open();
  });

  afterAll(async () => {
    expect(home.errors).toEqual([]);
    await home.close();
  });

  async function define(steps: Steps, more: Partial<CreateWorkflowDefinitionInput> = {}): Promise<string> {
    return (await home.client.workflowDefinitions.create({ name: 'Edge', pattern: 'sequential', steps, ...more })).id;
  }

  async function run(steps: Steps, input: JsonObject = {}, more: Partial<CreateWorkflowDefinitionInput> = {}) {
    const workflowDefinitionId = await define(steps, more);
    return home.client.workflows.executeAndWait({ workflowDefinitionId, input }, { timeoutMs: 120_000 });
  }

  async function statuses({ id }: Pick<FinishedWorkflow, 'id'>): Promise<string[]> {
    return (await home.client.workflows.getSteps(id)).map(({ stepId, status }) => `${stepId} ${status}`);
  }

  const slow = () => home.agent([{ when: {}, reply: { text: 'late', delayMs: 60_000 } }]);
  const transform = (stepId: string, more: JsonObject = {}) =>
    ({ stepId, name: stepId, type: 'transform', output: `${stepId} is done`, ...more }) as Steps[number];

  test('a workflow that is cancelled at any moment leaves no task and no nested workflow behind', async () => {
    const { client } = home;
    const echo = await home.agent([], { model: 'echo' });
    const each = { stepId: 'say', name: 'Say', agentId: echo.id, input: '{{item}}' };
    const inner = await define([{ stepId: 'within', name: 'Within', agentId: echo.id }]);
    const outer = await define(
      [
        { stepId: 'one', name: 'One', agentId: echo.id },
        { stepId: 'each', name: 'Each', type: 'map', over: 'input.items', steps: [each], dependsOn: ['one'] },
        { stepId: 'inner', name: 'Inner', type: 'workflow', workflowDefinitionId: inner, dependsOn: ['one'] },
      ],
      { pattern: 'dag' },
    );
    const cancelled = await Promise.all(
      Array.from({ length: 16 }, async (_, index) => {
        const input = { items: [1, 2, 3, 4, 5] };
        const { id } = await client.workflows.execute({ workflowDefinitionId: outer, input });
        await new Promise((resolve) => setTimeout(resolve, index * 4));
        return client.workflows.cancel(id);
      }),
    );
    for (const { id, status } of cancelled) {
      expect(['cancelled', 'completed']).toContain(status);
      const steps = await client.workflows.getSteps(id);
      expect(steps.filter((step) => ['pending', 'running', 'waiting'].includes(step.status))).toEqual([]);
      const tasks = await client.tasks.list({ workflowId: id, limit: 100 });
      expect(tasks.data.filter((task) => !client.tasks.isFinished(task))).toEqual([]);
    }
    const live = () => client.workflows.list({ status: ['queued', 'running', 'waiting'] });
    await expect.poll(async () => (await live()).data).toEqual([]);
  });

  test('to cancel the outermost workflow cancels those within it, however deep, and their tasks', async () => {
    const { client } = home;
    const agent = await slow();
    const nested = (workflowDefinitionId: string): Steps => [
      { stepId: 'inner', name: 'Inner', type: 'workflow', workflowDefinitionId },
    ];
    const deepest = await define([{ stepId: 'work', name: 'Work', agentId: agent.id }]);
    const middle = await define(nested(deepest));
    const workflow = await client.workflows.execute({ workflowDefinitionId: await define(nested(middle)) });
    const tasks = async () => (await client.tasks.list({ agentId: agent.id })).data.map(({ status }) => status);
    await expect.poll(tasks).toEqual(['running']);
    await client.workflows.cancel(workflow.id, { reason: 'Enough.' });
    await expect.poll(tasks).toEqual(['cancelled']);
    const [lowest] = (await client.workflows.list({ workflowDefinitionId: deepest })).data;
    expect(lowest).toMatchObject({
      status: 'cancelled',
      error: { code: 'cancelled', message: 'The workflow around it has ended.' },
    });
  });

  test('a workflow and a step that take too long fail with the code timeout, and what they did is cancelled', async () => {
    const agent = await slow();
    const work = { stepId: 'work', name: 'Work', agentId: agent.id };
    const inner = await define([work]);
    const whole = await run([work], {}, { timeoutSeconds: 0.2 });
    expect(whole).toMatchObject({ status: 'failed', error: { code: 'timeout', stepId: null } });
    expect(await statuses(whole)).toEqual(['work cancelled']);
    const cases: Steps = [
      { ...work, timeoutSeconds: 0.2 },
      { stepId: 'work', name: 'Work', type: 'workflow', workflowDefinitionId: inner, timeoutSeconds: 0.2 },
      { stepId: 'work', name: 'Ask', type: 'approval', prompt: 'Well?', timeoutSeconds: 0.2 },
      { stepId: 'work', name: 'Wait', type: 'wait', seconds: 60, timeoutSeconds: 0.2 },
      { stepId: 'work', name: 'Map', type: 'map', over: 'input.items', timeoutSeconds: 0.2, steps: [renamed(work)] },
    ];
    for (const step of cases) {
      const failed = await run([step], { items: [1, 2] });
      expect(failed, step.type).toMatchObject({ status: 'failed', error: { code: 'timeout', stepId: 'work' } });
    }
    const tasks = async () => (await home.client.tasks.list({ agentId: agent.id, limit: 100 })).data;
    await expect.poll(async () => [...new Set((await tasks()).map(({ status }) => status))]).toEqual(['cancelled']);
  });

  function renamed<Step extends { stepId: string }>(step: Step): Step {
    return { ...step, stepId: `${step.stepId}_within` };
  }

  test('a wait within its time is just a wait', async () => {
    const done = await run([{ stepId: 'w', name: 'Wait', type: 'wait', seconds: 0.05, timeoutSeconds: 30 }]);
    expect(done).toMatchObject({ status: 'completed', output: null });
  });

  test('what a failure does is up to the step: the workflow fails, goes on with null, or as if it had been skipped', async () => {
    const broken = await home.agent([{ when: {}, reply: { error: { code: 'provider_error', message: 'No.' } } }]);
    const after = transform('after', {
      output: { status: '{{steps.work.status}}', output: '{{steps.work.output}}', code: '{{steps.work.error.code}}' },
    });
    const failing: Record<string, JsonObject> = {
      agent: { agentId: broken.id },
      condition: { type: 'transform', output: 1, when: 'input.missing.member == 1' },
      list: {
        type: 'map',
        over: 'input.missing',
        steps: [{ ...renamed({ stepId: 'work', name: 'W' }), agentId: broken.id }],
      },
      item: {
        type: 'map',
        over: 'input.items',
        steps: [{ ...renamed({ stepId: 'work', name: 'W' }), agentId: broken.id }],
      },
      turn: {
        type: 'loop',
        until: 'steps.work_within.output.missing',
        steps: [{ ...renamed({ stepId: 'work', name: 'W' }), type: 'transform', output: 1 }],
      },
    };
    const codes: Record<string, string> = {
      agent: 'provider_error',
      condition: 'condition_failed',
      list: 'map_not_a_list',
      item: 'provider_error',
      turn: 'condition_failed',
    };
    for (const [kind, step] of Object.entries(failing)) {
      const work = (onError: string) =>
        ({ stepId: 'work', name: 'Work', ...step, onError }) as unknown as Steps[number];
      const input = { items: [1] };
      const fail = await run([work('fail'), after], input);
      expect(fail, kind).toMatchObject({ status: 'failed', output: null, error: { code: codes[kind] } });
      expect((await statuses(fail)).at(-1), kind).toBe('after cancelled');
      const goesOn = await run([work('continue'), after], input);
      expect(goesOn, kind).toMatchObject({
        status: 'completed',
        output: { status: 'failed', output: null, code: codes[kind] },
      });
      const skips = await run([work('skip'), after], input);
      expect(skips, kind).toMatchObject({
        status: 'completed',
        output: { status: 'skipped', output: null, code: codes[kind] },
      });
    }
  });

  test('what a path does not lead to is null, and nothing within a text', async () => {
    const output = { whole: '{{input.who.name}}', text: 'for {{input.who.name}}!', first: '{{input.list[7]}}' };
    const done = await run([transform('say', { output })], { list: [] });
    expect(done.output).toEqual({ whole: null, text: 'for !', first: null });
  });

  test('an agent, a team or a definition that is gone fails its step with its code', async () => {
    const { client } = home;
    const agent = await home.agent([], { model: 'echo' });
    const team = await client.teams.create({ name: 'Gone', members: [{ agentId: agent.id, role: 'writer' }] });
    const inner = await define([transform('say')]);
    const gone: Record<string, Steps[number]> = {
      'team.not_found': { stepId: 'go', name: 'Go', type: 'team', teamId: team.id },
      'workflow_definition.not_found': { stepId: 'go', name: 'Go', type: 'workflow', workflowDefinitionId: inner },
      'agent.not_found': { stepId: 'go', name: 'Go', agentId: agent.id },
    };
    const made = await Promise.all(
      Object.entries(gone).map(async ([code, step]) => ({ code, definitionId: await define([step]) })),
    );
    await client.teams.delete(team.id);
    await client.workflowDefinitions.delete(inner);
    await client.agents.stop(agent.id);
    await expect.poll(async () => (await client.agents.getById(agent.id)).status).toBe('stopped');
    await client.agents.delete(agent.id);
    for (const { code, definitionId } of made) {
      const failed = await client.workflows.executeAndWait({ workflowDefinitionId: definitionId });
      expect(failed).toMatchObject({ status: 'failed', error: { code, stepId: 'go' } });
    }
  });

  test('a definition that executes itself ends where workflows stand too deep within each other', async () => {
    const { client } = home;
    const id = await define([transform('say')]);
    await client.workflowDefinitions.update(id, {
      steps: [{ stepId: 'again', name: 'Again', type: 'workflow', workflowDefinitionId: id }],
    });
    const failed = await client.workflows.executeAndWait({ workflowDefinitionId: id }, { timeoutMs: 120_000 });
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'workflow_too_deep', stepId: 'again' } });
  });

  test('a retry keeps what was done before the step that it begins from, and does what depends on it again', async () => {
    const { client } = home;
    const echo = await home.agent([], { model: 'echo' });
    const work = (stepId: string, dependsOn: string[]) => ({ stepId, name: stepId, agentId: echo.id, dependsOn });
    const done = await run(
      [work('a', []), work('b', ['a']), work('c', ['b']), work('side', ['a'])],
      {},
      { pattern: 'dag' },
    );
    const again = await client.workflows.retry(done.id, { fromStepId: 'b' });
    const ended = await client.workflows.waitForCompletion(again.id);
    const taskIds = async (id: string) =>
      Object.fromEntries((await client.workflows.getSteps(id)).map(({ stepId, taskId }) => [stepId, taskId]));
    const [before, after] = [await taskIds(done.id), await taskIds(ended.id)];
    const kept = Object.keys(before).filter((stepId) => before[stepId] === after[stepId]);
    expect(kept.sort()).toEqual(['a', 'side']);
    expect((await client.tasks.list({ workflowId: ended.id, page: 1 })).pagination.total).toBe(2);
    await expect(client.workflows.retry(done.id, { fromStepId: 'none' })).rejects.toMatchObject({
      status: 404,
      code: 'step.not_found',
    });
  });

  test('who decided about a step stands in the audit log, and a decision that comes too late is refused', async () => {
    const { client } = home;
    const definitionId = await define([
      { stepId: 'ok', name: 'OK', type: 'approval', prompt: 'Go on?' },
      transform('after', { output: '{{steps.ok.output}}' }),
    ]);
    const { id } = await client.workflows.execute({ workflowDefinitionId: definitionId });
    await expect.poll(async () => (await client.workflows.getById(id)).status).toBe('waiting');
    const { tenantId, actorId } = await whoAmI();
    expect(await client.workflows.approveStep(id, 'ok', { comment: 'Fine.' })).toMatchObject({
      status: 'completed',
      output: { approved: true, comment: 'Fine.' },
    });
    const { data } = await client.tenants.listAuditLog(tenantId, { limit: 20 });
    const entry = data.find(({ action }) => action === 'workflow.approve');
    expect(entry).toMatchObject({ actor: actorId, target: `${id}/ok` });
    const late = await run([
      { stepId: 'ok', name: 'OK', type: 'approval', prompt: 'Go on?', timeoutSeconds: 0.1, onError: 'continue' },
    ]);
    await expect(client.workflows.approveStep(late.id, 'ok')).rejects.toMatchObject({
      status: 409,
      code: 'workflow.step_not_waiting',
    });
  });

  async function whoAmI(): Promise<{ tenantId: string; actorId: string }> {
    const me = await home.client.tenants.whoami();
    return { tenantId: me.tenantId, actorId: me.userId ?? me.apiKeyId };
  }

  test('the critical path goes through steps that were skipped, and names those that took the time', async () => {
    const { client } = home;
    const done = await run(
      [
        { stepId: 'first', name: 'First', type: 'wait', seconds: 0.05 },
        transform('never', { when: 'false', dependsOn: ['first'] }),
        { stepId: 'quick', name: 'Quick', type: 'wait', seconds: 0.01, dependsOn: [] },
        { stepId: 'last', name: 'Last', type: 'wait', seconds: 0.05, dependsOn: ['never', 'quick'] },
      ],
      {},
      { pattern: 'dag' },
    );
    const metrics = await client.workflows.getMetrics(done.id);
    expect(metrics.criticalPath).toEqual(['first', 'last']);
    expect(metrics.stepCounts).toMatchObject({ total: 4, completed: 3, skipped: 1 });
    expect(metrics.durationSeconds).toBeGreaterThanOrEqual(0.1);
    expect(metrics.durationSeconds).toBeCloseTo(
      (Date.parse(done.finishedAt ?? '') - Date.parse(done.startedAt ?? '')) / 1e3,
    );
  });

  test('the metrics of a workflow count the tokens of those within it', async () => {
    const { client } = home;
    const agent = await home.agent([{ when: {}, reply: { text: 'some words' } }]);
    const inner = await define([{ stepId: 'work', name: 'Work', agentId: agent.id }]);
    const outer = await define([{ stepId: 'inner', name: 'Inner', type: 'workflow', workflowDefinitionId: inner }]);
    const done = await run([{ stepId: 'outer', name: 'Outer', type: 'workflow', workflowDefinitionId: outer }]);
    const [task] = (await client.tasks.list({ agentId: agent.id })).data;
    const { inputTokens = 0, outputTokens = 0 } = task?.usage ?? {};
    expect(inputTokens + outputTokens).toBeGreaterThan(0);
    expect(await client.workflows.getMetrics(done.id)).toMatchObject({ tokens: inputTokens + outputTokens });
  });

  test('an update of a definition is refused where somebody else was quicker', async () => {
    const { workflowDefinitions } = home.client;
    const id = await define([transform('say')]);
    await workflowDefinitions.update(id, { name: 'Second' }, { ifMatch: 1 });
    await expect(workflowDefinitions.update(id, { name: 'Third' }, { ifMatch: 1 })).rejects.toMatchObject({
      status: 412,
      code: 'version.mismatch',
    });
    expect(await workflowDefinitions.getById(id)).toMatchObject({ name: 'Second', version: 2 });
  });
});

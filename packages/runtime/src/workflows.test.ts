import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AgentsAtWork, startAgentsAtWork } from './agents-at-work.test-rig.ts';

let work: AgentsAtWork;

beforeAll(async () => {
  work = await startAgentsAtWork();
});

afterAll(async () => {
  expect(work.errors).toEqual([]);
  await work.close();
});

/** Answers every time with the same text. */
function says(text: string) {
  return work.agent([{ when: {}, reply: { text } }]);
}

test('the content pipeline of the readme runs: three agents, one after the other', async () => {
  const { client } = work;
  const [researcher, writer, editor] = await Promise.all([says('facts'), says('a draft'), says('the article')]);
  const definition = await client.workflowDefinitions.create({
    name: 'Content Pipeline',
    description: 'Research, write, and review content',
    pattern: 'sequential',
    steps: [
      { stepId: 'research', name: 'Research Topic', agentId: researcher.id },
      { stepId: 'write', name: 'Write Draft', agentId: writer.id, dependsOn: ['research'] },
      { stepId: 'review', name: 'Review & Edit', agentId: editor.id, dependsOn: ['write'] },
    ],
  });
  const seen: (string | null)[] = [];
  const completed = await client.workflows.executeAndWait(
    { workflowDefinitionId: definition.id, input: { topic: 'AI in Healthcare' } },
    { timeoutMs: 120_000, onUpdate: (state) => void seen.push(state.currentStepId) },
  );
  expect(client.workflows.isCompleted(completed)).toBe(true);
  expect(completed).toMatchObject({ status: 'completed', output: 'the article', error: null, currentStepIds: [] });
  const steps = await client.workflows.getSteps(completed.id);
  expect(steps.map(({ stepId, status, output }) => [stepId, status, output])).toEqual([
    ['research', 'completed', 'facts'],
    ['write', 'completed', 'a draft'],
    ['review', 'completed', 'the article'],
  ]);
  expect(steps[1]?.input).toEqual({ input: { topic: 'AI in Healthcare' }, steps: { research: 'facts' } });
  const metrics = await client.workflows.getMetrics(completed.id);
  expect(metrics).toMatchObject({
    stepCounts: { total: 3, completed: 3, failed: 0 },
    criticalPath: ['research', 'write', 'review'],
  });
  expect(metrics.tokens).toBeGreaterThan(0);
  expect(await client.workflows.cancel(completed.id)).toMatchObject({ status: 'completed' });
  const { data } = await client.workflows.events.list(completed.id, { limit: 100 });
  expect(
    data.map((event) =>
      event.type === 'step.status' ? `${event.data.stepId} ${event.data.status}` : event.data.status,
    ),
  ).toEqual([
    'queued',
    'research running',
    'running',
    'research completed',
    'write running',
    'running',
    'write completed',
    'review running',
    'running',
    'review completed',
    'completed',
  ]);
});

const agentStep = (stepId: string, agentId: string) => ({ stepId, name: stepId, agentId });

test('a definition that cannot be is refused with everything that is wrong, and validate tells the same', async () => {
  const { client } = work;
  const wrong = {
    name: 'Wrong',
    pattern: 'dag' as const,
    steps: [
      { ...agentStep('a', 'agt_00000000000000000000000000'), dependsOn: ['b'] },
      { ...agentStep('b', 'agt_00000000000000000000000000'), dependsOn: ['a'], input: '{{steps.x.output}}' },
      { stepId: 't', name: 'T', type: 'team' as const, teamId: 'tem_none' },
      { stepId: 'w', name: 'W', type: 'workflow' as const, workflowDefinitionId: 'wfd_none' },
    ],
  };
  const { valid, issues, order } = await client.workflowDefinitions.validate(wrong);
  expect([valid, order]).toEqual([false, []]);
  expect(issues.map(({ path, code }) => `${path} ${code}`)).toEqual([
    '/steps/0/dependsOn workflow.cycle',
    '/steps/1/input workflow.step_unknown',
    '/steps/0/agentId agent.not_found',
    '/steps/1/agentId agent.not_found',
    '/steps/2/teamId team.not_found',
    '/steps/3/workflowDefinitionId workflow_definition.not_found',
  ]);
  await expect(client.workflowDefinitions.create(wrong)).rejects.toMatchObject({
    status: 400,
    code: 'workflow_definition.invalid',
    details: issues,
  });
});

test('an update makes the next version, and a running workflow keeps its own', async () => {
  const { client } = work;
  const steps = [{ stepId: 'ok', name: 'OK', type: 'approval' as const, prompt: 'Go on?' }];
  const definition = await client.workflowDefinitions.create({ name: 'Versions', pattern: 'sequential', steps });
  expect(await client.workflowDefinitions.validate({ name: 'V', pattern: 'sequential', steps })).toMatchObject({
    order: [['ok']],
  });
  const workflow = await client.workflows.execute({ workflowDefinitionId: definition.id });
  const output = 'the second version';
  const next = await client.workflowDefinitions.update(definition.id, {
    steps: [{ stepId: 'say', name: 'Say', type: 'transform', output }],
  });
  expect(next).toMatchObject({ version: 2, name: 'Versions' });
  expect(await client.workflowDefinitions.getById(definition.id, { version: 1 })).toMatchObject({ steps });
  await expect(client.workflowDefinitions.delete(definition.id)).rejects.toMatchObject({
    status: 409,
    code: 'workflow_definition.has_open_workflows',
  });
  await client.workflows.approveStep(workflow.id, 'ok');
  const done = await client.workflows.waitForCompletion(workflow.id);
  expect(done).toMatchObject({ definitionVersion: 1, output: { approved: true, comment: null } });
  expect(await client.workflows.execute({ workflowDefinitionId: definition.id })).toMatchObject({
    status: 'completed',
    output,
  });
  await client.workflowDefinitions.delete(definition.id);
  await expect(client.workflowDefinitions.getById(definition.id)).rejects.toMatchObject({ status: 404 });
  expect(await client.workflows.getSteps(workflow.id)).toHaveLength(1);
});

test('a person decides once; a rejected step fails the workflow, and a retry asks again and keeps the rest', async () => {
  const { client } = work;
  const writer = await says('a draft');
  const definition = await client.workflowDefinitions.create({
    name: 'With approval',
    pattern: 'sequential',
    steps: [
      agentStep('write', writer.id),
      { stepId: 'ok', name: 'OK', type: 'approval', prompt: 'Publish "{{steps.write.output}}"?' },
      {
        stepId: 'publish',
        name: 'Publish',
        type: 'transform',
        output: { text: '{{steps.write.output}}', by: '{{steps.ok.output.comment}}' },
      },
    ],
  });
  const waitFor = async (id: string) => {
    for (;;) {
      const state = await client.workflows.getById(id);
      if (state.status === 'waiting') return state;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const workflow = await client.workflows.execute({ workflowDefinitionId: definition.id });
  expect(await waitFor(workflow.id)).toMatchObject({ currentStepId: 'ok' });
  expect((await client.workflows.getSteps(workflow.id))[1]).toMatchObject({ input: { prompt: 'Publish "a draft"?' } });
  expect(await client.workflows.rejectStep(workflow.id, 'ok', { reason: 'Too short.' })).toMatchObject({
    status: 'failed',
  });
  await expect(client.workflows.approveStep(workflow.id, 'ok')).rejects.toMatchObject({
    code: 'workflow.step_not_waiting',
  });
  await expect(client.workflows.approveStep(workflow.id, 'none')).rejects.toMatchObject({ status: 404 });
  const failed = await client.workflows.getById(workflow.id);
  expect(failed).toMatchObject({ status: 'failed', error: { code: 'rejected', message: 'Too short.', stepId: 'ok' } });
  const again = await client.workflows.retry(workflow.id);
  expect(again).toMatchObject({ retryOf: workflow.id, status: 'waiting', currentStepId: 'ok' });
  await client.workflows.approveStep(again.id, 'ok', { comment: 'Ada' });
  const done = await client.workflows.pollUntilComplete(again.id, { pollIntervalMs: 10 });
  expect(done).toMatchObject({ status: 'completed', output: { text: 'a draft', by: 'Ada' } });
  await expect(client.workflows.retry(again.id)).rejects.toMatchObject({ code: 'workflow.not_failed' });
  const once = await client.workflows.retry(again.id, { fromStepId: 'write' });
  expect(once).toMatchObject({ status: 'running', currentStepId: 'write' });
});

test('to cancel a workflow cancels its tasks and the workflows within it', async () => {
  const { client } = work;
  const slow = await work.agent([{ when: {}, reply: { text: 'late', delayMs: 60_000 } }]);
  const inner = await client.workflowDefinitions.create({
    name: 'Inner',
    pattern: 'sequential',
    steps: [agentStep('slow', slow.id)],
  });
  const outer = await client.workflowDefinitions.create({
    name: 'Outer',
    pattern: 'parallel',
    steps: [
      agentStep('own', slow.id),
      { stepId: 'inner', name: 'Inner', type: 'workflow', workflowDefinitionId: inner.id },
    ],
  });
  const workflow = await client.workflows.execute({ workflowDefinitionId: outer.id });
  const innerId = async () =>
    (await client.workflows.list({ workflowDefinitionId: inner.id, status: 'running' })).data[0]?.id;
  await expect.poll(innerId).toBeDefined();
  const nested = (await innerId()) ?? '';
  expect(await client.workflows.cancel(workflow.id, { reason: 'Enough.' })).toMatchObject({
    status: 'cancelled',
    error: { code: 'cancelled', message: 'Enough.' },
  });
  expect(await client.workflows.waitForCompletion(nested, { timeoutMs: 120_000 })).toMatchObject({
    status: 'cancelled',
  });
  const tasks = await client.tasks.list({ agentId: slow.id });
  expect(tasks.data.map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
});

test('a nested workflow gives its output to the one around it, and its input is checked', async () => {
  const { client } = work;
  const inner = await client.workflowDefinitions.create({
    name: 'Square',
    pattern: 'sequential',
    inputSchema: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
    steps: [{ stepId: 'say', name: 'Say', type: 'transform', output: 'n is {{input.n}}' }],
  });
  const outer = await client.workflowDefinitions.create({
    name: 'Outer',
    pattern: 'sequential',
    steps: [
      { stepId: 'inner', name: 'Inner', type: 'workflow', workflowDefinitionId: inner.id, input: { n: '{{input.n}}' } },
    ],
  });
  const run = (n: unknown) =>
    client.workflows.executeAndWait({ workflowDefinitionId: outer.id, input: { n } }, { timeoutMs: 120_000 });
  expect(await run(4)).toMatchObject({ status: 'completed', output: 'n is 4' });
  expect(await run('four')).toMatchObject({ status: 'failed', error: { code: 'request.invalid', stepId: 'inner' } });
  await expect(client.workflows.execute({ workflowDefinitionId: inner.id })).rejects.toMatchObject({ status: 400 });
});

test('an agent that fails is tried again, and then its workflow fails with the reason', async () => {
  const { client } = work;
  const broken = await work.agent([{ when: {}, reply: { error: { code: 'provider_error', message: 'No.' } } }]);
  const definition = await client.workflowDefinitions.create({
    name: 'Failing',
    pattern: 'sequential',
    steps: [
      { ...agentStep('fails', broken.id), retry: { maxAttempts: 2, backoffSeconds: 0.01 } },
      agentStep('never', broken.id),
    ],
  });
  const failed = await client.workflows.executeAndWait({ workflowDefinitionId: definition.id }, { timeoutMs: 120_000 });
  expect(failed).toMatchObject({ status: 'failed', error: { stepId: 'fails' } });
  const steps = await client.workflows.getSteps(failed.id);
  expect(steps.map(({ status, attempt }) => [status, attempt])).toEqual([
    ['failed', 2],
    ['cancelled', 0],
  ]);
});

test('200 steps, one after the other and with waits between them, all run', async () => {
  const { client } = work;
  const steps = Array.from({ length: 200 }, (_, index) => ({
    stepId: `s${index}`,
    name: 'S',
    ...(index % 50 === 49 ? { type: 'wait' as const, seconds: 0.01 } : { type: 'transform' as const, output: index }),
  }));
  const definition = await client.workflowDefinitions.create({ name: 'Long', pattern: 'sequential', steps });
  const done = await client.workflows.executeAndWait({ workflowDefinitionId: definition.id }, { timeoutMs: 120_000 });
  expect(done.status).toBe('completed');
  expect(await client.workflows.getMetrics(done.id)).toMatchObject({ stepCounts: { total: 200, completed: 200 } });
});

test('a map over 1 000 items runs them all, each a task', async () => {
  const { client } = work;
  const echo = await work.agent([], { model: 'echo' });
  await client.agents.scale(echo.id, { desiredReplicas: 64 });
  const definition = await client.workflowDefinitions.create({
    name: 'Wide',
    pattern: 'map',
    steps: [
      {
        stepId: 'each',
        name: 'Each',
        type: 'map',
        over: 'input.items',
        steps: [{ ...agentStep('say', echo.id), input: '{{item}}' }],
      },
    ],
  });
  const items = Array.from({ length: 1_000 }, (_, index) => `item ${index}`);
  const done = await client.workflows.executeAndWait(
    { workflowDefinitionId: definition.id, input: { items } },
    { timeoutMs: 120_000 },
  );
  expect(done.output).toEqual(items);
  expect((await client.workflows.getSteps(done.id)).slice(0, 3).map(({ stepId }) => stepId)).toEqual([
    'each',
    'each[0].say',
    'each[1].say',
  ]);
});

test('events can be followed to the last one', async () => {
  const { client } = work;
  const writer = await says('text');
  const definition = await client.workflowDefinitions.create({
    name: 'Followed',
    pattern: 'sequential',
    steps: [agentStep('write', writer.id)],
  });
  const workflow = await client.workflows.execute({ workflowDefinitionId: definition.id });
  const seen: string[] = [];
  for await (const event of client.workflows.events.stream(workflow.id)) {
    seen.push(`${event.type === 'step.status' ? event.data.stepId : 'workflow'} ${event.data.status}`);
  }
  expect(seen.at(0)).toBe('workflow queued');
  expect(seen.slice(-2)).toEqual(['write completed', 'workflow completed']);
});

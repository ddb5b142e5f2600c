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
    { timeoutMs: 15_000, onUpdate: (state) => seen.push(state.currentStepId) },
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

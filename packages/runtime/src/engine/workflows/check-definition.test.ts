import type { WorkflowStepDefinition } from '@runctl/workflows';
import { expect, test } from 'vitest';
import { checkDefinition } from './check-definition.ts';

const agent = (stepId: string, more: Partial<WorkflowStepDefinition> = {}): WorkflowStepDefinition =>
  ({ stepId, name: stepId, agentId: 'agt_1', ...more }) as WorkflowStepDefinition;

function issuesOf(steps: WorkflowStepDefinition[], more: Partial<Parameters<typeof checkDefinition>[0]> = {}) {
  return checkDefinition({ pattern: 'dag', steps, output: null, ...more }).map(({ path, code }) => `${path} ${code}`);
}

test('every issue is told at once, each with its place', () => {
  const issues = issuesOf(
    [
      agent('a', { dependsOn: ['c'] }),
      agent('b', { dependsOn: ['b', 'nowhere'] }),
      agent('c', { dependsOn: ['a'] }),
      agent('a'),
      agent('d', {
        input: { text: 'About {{steps.b.output}} and {{1+1}} and {{env.KEY}}' },
        when: 'steps.gone.output ==',
      }),
      agent('e', { when: 'item > 1 && steps.d.output.ok' }),
    ],
    { output: '{{steps.nobody.output}}' },
  );
  expect(issues).toEqual([
    '/steps/3/stepId workflow.step_duplicate',
    '/steps/1/dependsOn/0 workflow.step_self',
    '/steps/1/dependsOn/1 workflow.step_unknown',
    '/steps/0/dependsOn workflow.cycle',
    '/steps/4/input/text workflow.step_not_ancestor',
    '/steps/4/input/text workflow.path_invalid',
    '/steps/4/input/text workflow.path_unknown',
    '/steps/4/when workflow.condition_invalid',
    '/steps/5/when workflow.path_unknown',
    '/steps/5/when workflow.step_not_ancestor',
    '/output workflow.step_unknown',
  ]);
});

test('a circle is named once, with all of its steps', () => {
  const found = checkDefinition({
    pattern: 'dag',
    output: null,
    steps: [agent('a', { dependsOn: ['c'] }), agent('b', { dependsOn: ['a'] }), agent('c', { dependsOn: ['b'] })],
  });
  expect(found).toEqual([
    { path: '/steps/0/dependsOn', code: 'workflow.cycle', message: 'These steps wait for each other: "a", "b", "c".' },
  ]);
});

test('steps within a loop or a map see what stands before it, and theirs are not seen from outside', () => {
  const steps: WorkflowStepDefinition[] = [
    agent('find'),
    {
      stepId: 'each',
      name: 'each',
      type: 'map',
      dependsOn: ['find'],
      over: 'steps.find.output.items',
      steps: [
        agent('read', { input: '{{item}} {{steps.find.output.topic}}' }),
        agent('sum', { dependsOn: ['read'], input: '{{steps.read.output}}' }),
      ],
    },
    agent('end', { dependsOn: ['each'], input: '{{steps.each.output}} {{steps.read.output}}' }),
  ];
  expect(issuesOf(steps)).toEqual(['/steps/2/input workflow.step_not_ancestor']);
});

test('too many steps are refused, and so is a pattern without its step', () => {
  expect(issuesOf(Array.from({ length: 201 }, (_, index) => agent(`s${index}`)))).toEqual(['/steps too_many']);
  expect(issuesOf([agent('a')], { pattern: 'loop' })).toEqual(['/pattern workflow.pattern_mismatch']);
});

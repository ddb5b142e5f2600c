import type { JsonValue } from '@runctl/core';
import { expectTypeOf } from 'vitest';
import type { FinishedWorkflow, WorkflowError, WorkflowState, WorkflowStepDefinition, Workflows } from './index.ts';

const step = { stepId: 's', name: 'S' };

/** What the compiler promises of workflows. Nothing here runs. */
export async function typesOfWorkflows(workflows: Workflows, workflow: WorkflowState<{ text: string }>): Promise<void> {
  if (workflows.isCompleted(workflow)) expectTypeOf(workflow.output).toEqualTypeOf<{ text: string }>();
  if (workflows.isFailed(workflow)) expectTypeOf(workflow.error).toEqualTypeOf<WorkflowError>();
  if (workflows.isFinished(workflow)) expectTypeOf(workflow).toEqualTypeOf<FinishedWorkflow<{ text: string }>>();

  const run = { workflowDefinitionId: 'wfd_1' };
  expectTypeOf(await workflows.execute(run)).toEqualTypeOf<WorkflowState<JsonValue>>();
  expectTypeOf(await workflows.executeAndWait<{ text: string }>(run)).toEqualTypeOf<
    FinishedWorkflow<{ text: string }>
  >();

  // A step without a type gives work to an agent.
  const agent: WorkflowStepDefinition = { ...step, agentId: 'agt_1' };
  const loop: WorkflowStepDefinition = { ...step, type: 'loop', until: 'done', steps: [agent] };
  // @ts-expect-error an approval asks something
  const approval: WorkflowStepDefinition = { ...step, type: 'approval' };
  // @ts-expect-error what does it do?
  const nothing: WorkflowStepDefinition = { ...step };
  expectTypeOf([loop, approval, nothing]).not.toBeAny();
}

import type { WorkflowMetrics, WorkflowStepStatus } from '@runctl/workflows';
import type { Plan } from '../../engine/workflows/plan.ts';
import type { StepState } from '../../engine/workflows/step-state.ts';

/** Steps by where they stand. */
export function countSteps(steps: readonly StepState[]): WorkflowMetrics['stepCounts'] {
  const counts: Record<WorkflowStepStatus, number> = {
    pending: 0,
    running: 0,
    waiting: 0,
    completed: 0,
    failed: 0,
    skipped: 0,
    cancelled: 0,
  };
  for (const { status } of steps) counts[status] += 1;
  return { total: steps.length, ...counts };
}

/**
 * The chain of steps that the duration comes from: back from the step that ended last, each time to the dependency that
 * ended last, since that is what the step waited for. A step that was skipped took no time and is not named, but what it
 * waited for is. Steps of the definition's own list.
 */
export function criticalPath(plan: Plan, steps: readonly StepState[], now: number): string[] {
  const byKey = new Map(steps.map((step) => [step.key, step]));
  const hasBegun = (stepId: string) => byKey.get(stepId)?.startedAt != null;
  const endOf = (stepId: string) => byKey.get(stepId)?.finishedAt ?? (hasBegun(stepId) ? now : -1);
  const lastOf = (stepIds: readonly string[]) =>
    stepIds.reduce<string | undefined>(
      (last, stepId) => (last === undefined || endOf(stepId) > endOf(last) ? stepId : last),
      undefined,
    );
  const path: string[] = [];
  for (let at = lastOf([...plan.root.byId.keys()].filter(hasBegun).reverse()); at !== undefined; ) {
    if (hasBegun(at)) path.unshift(at);
    at = lastOf(plan.root.byId.get(at)?.dependsOn ?? []);
  }
  return path;
}

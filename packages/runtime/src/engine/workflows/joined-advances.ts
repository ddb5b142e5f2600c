import type { StepState } from './step-state.ts';
import type { Advanced } from './workflow-now.ts';

/** The steps as an advance leaves them. */
export function afterwards(steps: readonly StepState[], { changed, removed }: Advanced): StepState[] {
  const after = new Map(steps.map((step) => [step.key, step]));
  for (const key of removed) after.delete(key);
  for (const step of changed) after.set(step.key, step);
  return [...after.values()];
}

/** Two advances as one, the second after what the first handed out was refused; neither hands that out. */
export function joined(first: Advanced, second: Advanced, refused: ReadonlySet<string>): Advanced {
  const cancelled = new Set([...second.cancelledTasks, ...second.cancelledWorkflows]);
  const isWanted = (id: string) => !refused.has(id) && !cancelled.has(id);
  const fresh = new Set([
    ...first.tasks.map(({ taskId }) => taskId),
    ...first.workflows.map(({ workflowId }) => workflowId),
  ]);
  const changed = new Map(first.changed.map((step) => [step.key, step]));
  for (const key of second.removed) changed.delete(key);
  for (const step of second.changed) changed.set(step.key, step);
  return {
    ...second,
    changed: [...changed.values()].map((step) => withoutTask(step, refused)),
    removed: [...new Set([...first.removed, ...second.removed])].filter((key) => !changed.has(key)),
    tasks: [...first.tasks.filter(({ taskId }) => isWanted(taskId)), ...second.tasks],
    workflows: [...first.workflows.filter(({ workflowId }) => isWanted(workflowId)), ...second.workflows],
    cancelledTasks: [...first.cancelledTasks, ...second.cancelledTasks.filter((id) => !fresh.has(id))],
    cancelledWorkflows: [...first.cancelledWorkflows, ...second.cancelledWorkflows.filter((id) => !fresh.has(id))],
  };
}

/** A step names no task that was never made. */
function withoutTask(step: StepState, refused: ReadonlySet<string>): StepState {
  if (!refused.has(step.taskId ?? '') && !refused.has(step.childWorkflowId ?? '')) return step;
  return { ...step, taskId: null, childWorkflowId: null };
}

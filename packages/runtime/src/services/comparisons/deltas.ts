import type { Task, TaskComparison, TraceStep } from '@runctl/tasks';

/** What one side did by itself: the steps after those that both share. */
interface OwnPart {
  task: Pick<Task, 'finishedAt'>;
  steps: readonly TraceStep[];
}

/**
 * Other minus base, like with like: what a fork inherited counts as it was recorded, so a fork is not called cheaper
 * for the steps that it did not have to repeat. What both share cancels out.
 */
export function sumDeltas(base: OwnPart, other: OwnPart): TaskComparison['deltas'] {
  const [costUsd, otherCostUsd] = [sumCost(base.steps), sumCost(other.steps)];
  const hasEnded = base.task.finishedAt !== null && other.task.finishedAt !== null;
  return {
    steps: other.steps.length - base.steps.length,
    tokens: sum(other.steps, tokensOf) - sum(base.steps, tokensOf),
    costUsd: costUsd === null || otherCostUsd === null ? null : (otherCostUsd - costUsd) / microUsd,
    durationMs: hasEnded ? sum(other.steps, durationOf) - sum(base.steps, durationOf) : null,
  };
}

/** Costs are added as whole millionths, so that no binary fraction shows. */
const microUsd = 1_000_000;

function sumCost(steps: readonly TraceStep[]): number | null {
  const isUnknown = steps.some(({ usage }) => usage !== null && usage.costUsd === null);
  return isUnknown ? null : sum(steps, ({ usage }) => Math.round((usage?.costUsd ?? 0) * microUsd));
}

function tokensOf({ usage }: TraceStep): number {
  return usage === null ? 0 : usage.inputTokens + usage.outputTokens;
}

function durationOf({ durationMs }: TraceStep): number {
  return durationMs ?? 0;
}

function sum(steps: readonly TraceStep[], measure: (step: TraceStep) => number): number {
  return steps.reduce((total, step) => total + measure(step), 0);
}

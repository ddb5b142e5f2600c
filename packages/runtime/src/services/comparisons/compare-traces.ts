import type { AlignedStep, Task, TaskComparison, TaskDivergence, TraceStep } from '@runctl/tasks';
import type { LoopState } from '../../loops/loop.ts';
import { alignSteps, type StepPair } from './align.ts';
import { sumDeltas } from './deltas.ts';
import { stateDifferences } from './state-differences.ts';
import { differences, errorDifferences, type StepDifference, stepDifferences } from './step-differences.ts';

/** One side of a comparison. */
export interface ComparedTask {
  task: Task;
  /** The committed steps, each with the usage that was recorded when it was executed, inherited ones too. */
  steps: readonly TraceStep[];
  /** The state at entry of the first step that the two do not share. */
  state: LoopState;
}

/** How many leading steps of two traces are one and the same execution. */
export function countShared(base: readonly TraceStep[], other: readonly TraceStep[]): number {
  const differing = base.findIndex((step, index) => step.taskId !== other[index]?.taskId);
  return differing < 0 ? base.length : differing;
}

/** Compares two tasks by their traces alone; no model is asked. */
export function compareTraces(base: ComparedTask, other: ComparedTask): TaskComparison {
  const shared = countShared(base.steps, other.steps);
  const [ownSteps, otherSteps] = [base.steps.slice(shared), other.steps.slice(shared)];
  const compared = alignSteps(ownSteps, otherSteps).map((pair) => ({ pair, divergences: divergencesOf(pair) }));
  const divergences = [
    ...placed(stateDifferences(base.state, other.state), ownSteps[0], otherSteps[0]),
    ...compared.flatMap((each) => each.divergences),
    ...placed(endDifferences(base.task, other.task)),
  ];
  const lastShared = base.steps[shared - 1];
  return {
    baseTaskId: base.task.id,
    otherTaskId: other.task.id,
    commonAncestor: lastShared === undefined ? null : { taskId: lastShared.taskId, step: lastShared.step },
    identical: divergences.length === 0,
    firstDivergence: divergences[0] ?? null,
    steps: [
      ...base.steps.slice(0, shared).map(({ step }): AlignedStep => ({ op: 'same', baseStep: step, otherStep: step })),
      ...compared.map(({ pair, divergences: { length } }) => toAlignedStep(pair, length === 0)),
    ],
    divergences,
    deltas: sumDeltas({ task: base.task, steps: ownSteps }, { task: other.task, steps: otherSteps }),
  };
}

function divergencesOf({ base, other }: StepPair): TaskDivergence[] {
  if (base !== null && other !== null) return placed(stepDifferences(base, other), base, other);
  const kind = base === null ? 'added' : 'removed';
  return placed([{ kind, pointer: '/name', base: base?.name ?? null, other: other?.name ?? null }], base, other);
}

/** How the tasks ended; pointed at within the tasks, so without a step. */
function endDifferences(base: Task, other: Task): StepDifference[] {
  return [...errorDifferences(base.error, other.error), ...differences('result', '/result', base.result, other.result)];
}

function placed(
  found: readonly StepDifference[],
  base: TraceStep | null = null,
  other: TraceStep | null = null,
): TaskDivergence[] {
  return found.map((difference) => ({ baseStep: base?.step ?? null, otherStep: other?.step ?? null, ...difference }));
}

function toAlignedStep({ base, other }: StepPair, isSame: boolean): AlignedStep {
  const op = base === null ? 'added' : other === null ? 'removed' : isSame ? 'same' : 'changed';
  return { op, baseStep: base?.step ?? null, otherStep: other?.step ?? null };
}

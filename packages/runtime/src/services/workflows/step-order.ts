import type { Plan } from '../../engine/workflows/plan.ts';
import type { StepState } from '../../engine/workflows/step-state.ts';

/** Steps in the order of the graph; those within a loop or a map behind it, turn by turn and item by item. */
export function inOrder(plan: Plan, steps: readonly StepState[]): StepState[] {
  const placed = steps.map((step) => ({ step, place: placeOf(plan, step.key) }));
  placed.sort((one, other) => compare(one.place, other.place));
  return placed.map(({ step }) => step);
}

/** `review[3].check`: the place of `review`, 3, the place of `check`. */
function placeOf(plan: Plan, key: string): number[] {
  return key.split('.').flatMap((part) => {
    const [stepId = '', index] = part.split('[');
    const position = plan.byId.get(stepId)?.position ?? 0;
    return index === undefined ? [position] : [position, Number.parseInt(index, 10)];
  });
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (const [at, place] of one.entries()) {
    const beside = other[at];
    // What holds others stands before them.
    if (beside === undefined) return 1;
    if (place !== beside) return place - beside;
  }
  return one.length - other.length;
}

import { ancestorsOf } from '../../engine/workflows/graph.ts';
import type { Plan } from '../../engine/workflows/plan.ts';
import { isEnded, pendingStep, type StepState } from '../../engine/workflows/step-state.ts';

/**
 * The steps that a new try begins with: what was completed or skipped is kept, what failed, was cancelled or never ran
 * begins anew, and so does all that depends on it. A loop or a map that had begun goes on with the turns and items that
 * it has. From a step on: that step, and all that depend on it, begin anew as a whole.
 */
export function keptSteps(plan: Plan, steps: readonly StepState[], fromStepId: string | undefined): StepState[] {
  const byKey = new Map(steps.map((step) => [step.key, step]));
  const nodes = new Map([...plan.root.byId].map(([stepId, { dependsOn }]) => [stepId, { stepId, dependsOn }]));
  const anew = new Set<string>();
  for (const stepId of plan.root.byId.keys()) {
    const isFirst = fromStepId === undefined ? !isKept(byKey.get(stepId)) : stepId === fromStepId;
    if (isFirst) anew.add(stepId);
  }
  const isBehind = (stepId: string) => [...ancestorsOf(stepId, nodes)].some((before) => anew.has(before));
  return [...plan.root.byId.keys()].flatMap((stepId) => {
    const step = byKey.get(stepId);
    if (step === undefined) return [];
    const within = steps.filter(({ key }) => key.startsWith(`${stepId}[`));
    if (isBehind(stepId)) return [];
    if (!anew.has(stepId)) return isKept(step) ? [step, ...within] : [];
    const goesOn = fromStepId === undefined && within.length > 0 && step.startedAt !== null;
    return goesOn ? [goingOn(step), ...within.map((each) => (isKept(each) ? each : begunAnew(each, within)))] : [];
  });
}

function isKept(step: StepState | undefined): boolean {
  return step !== undefined && (step.status === 'completed' || (step.status === 'skipped' && step.error === null));
}

function goingOn(step: StepState): StepState {
  return { ...step, status: 'running', attempt: 1, output: null, error: null, dueAt: null, finishedAt: null };
}

/** A loop within a map goes on as well. */
function begunAnew(step: StepState, within: readonly StepState[]): StepState {
  const isList = within.some(({ key }) => key.startsWith(`${step.key}[`));
  return isList && isEnded(step) && step.startedAt !== null ? goingOn(step) : pendingStep(step.key, step.stepId);
}

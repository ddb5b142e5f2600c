import type { JsonObject, JsonValue } from '@runctl/core';
import type { WorkflowError, WorkflowStatus } from '@runctl/workflows';
import type { Plan } from './plan.ts';
import type { TaskOrder, WorkflowOrder } from './step-book.ts';
import type { StepState } from './step-state.ts';

/** Turns of a loop. */
export const mostTurns = 100;
/** Items of a map. */
export const mostItems = 1_000;
/** Steps of one workflow, each turn and each item counted. */
export const mostStepStates = 10_000;
/** Workflows within workflows. */
export const deepestNesting = 5;

/** What a task or a nested workflow came to. */
export interface ChildOutcome {
  /** Of the task or of the workflow. */
  id: string;
  status: 'completed' | 'failed' | 'cancelled';
  output: JsonValue;
  error: { code: string; message: string } | null;
}

/** What people have decided about a step that waits for them. */
export type Decision = { key: string } & ({ approved: true; output: JsonValue } | { approved: false; reason: string });

/** What has happened since a workflow was last looked at. */
export interface WorkflowNews {
  outcomes?: readonly ChildOutcome[];
  decision?: Decision;
  cancel?: { reason: string | null };
}

/** A workflow as the engine sees it. */
export interface WorkflowNow {
  plan: Plan;
  status: WorkflowStatus;
  input: JsonObject;
  /** Workflows around it. */
  depth: number;
  startedAt: number | null;
  steps: readonly StepState[];
}

/** Where ids and the time come from. */
export interface AdvanceContext {
  now: number;
  newId: (prefix: 'tsk' | 'wfl', now: number) => string;
}

/** What an advance changes. */
export interface Advanced {
  /** Steps that are new or otherwise than before. */
  changed: StepState[];
  /** Keys of steps that are gone, since the loop or the map around them begins anew. */
  removed: string[];
  tasks: TaskOrder[];
  workflows: WorkflowOrder[];
  cancelledTasks: string[];
  cancelledWorkflows: string[];
  status: WorkflowStatus;
  output: JsonValue;
  error: WorkflowError | null;
  /** Those of the definition's own list that run or wait, in the order of the graph. */
  currentStepIds: string[];
  startedAt: number | null;
  /** When time alone moves something on; null: never. */
  dueAt: number | null;
}

import type { JsonValue } from '@runctl/core';
import type { WorkflowError, WorkflowStepStatus } from '@runctl/workflows';

//   pending --> running | waiting --> completed | failed | cancelled
//   pending --> skipped | cancelled           running | waiting --tried again--> pending, until dueAt

/** One step of one workflow, where it stands. A step within a loop or a map is there once a turn or an item. */
export interface StepState {
  /** `review`; within a loop or a map `review[3].check`, counted from 0. */
  key: string;
  /** As in the definition. */
  stepId: string;
  status: WorkflowStepStatus;
  /** Attempts begun. */
  attempt: number;
  taskId: string | null;
  /** Of a nested workflow. */
  childWorkflowId: string | null;
  /** What it was given; of a map its items. */
  input: JsonValue;
  output: JsonValue;
  error: WorkflowError | null;
  /** When time alone moves it on: the end of a wait, of a timeout, of a backoff. */
  dueAt: number | null;
  startedAt: number | null;
  finishedAt: number | null;
}

/** A step that has not begun. */
export function pendingStep(key: string, stepId: string): StepState {
  return {
    key,
    stepId,
    status: 'pending',
    attempt: 0,
    taskId: null,
    childWorkflowId: null,
    input: null,
    output: null,
    error: null,
    dueAt: null,
    startedAt: null,
    finishedAt: null,
  };
}

/** Whether it is being done, or waited for. */
export function isOpen({ status }: Pick<StepState, 'status'>): boolean {
  return status === 'running' || status === 'waiting';
}

/** Whether it changes no more. */
export function isEnded({ status }: Pick<StepState, 'status'>): boolean {
  return status !== 'pending' && !isOpen({ status });
}

/** Where the steps of a turn or an item of a loop or a map stand. */
export function bodyPrefix(key: string, index: number): string {
  return `${key}[${index}].`;
}

import type { JsonValue, TaskId } from '@runctl/core';
import type { ForkOrigin } from './task.ts';

/** One difference between two traces. */
export interface TaskDivergence {
  /** The step in the base, from 1; null where it has none. */
  baseStep: number | null;
  /** The step in the other, from 1; null where it has none. */
  otherStep: number | null;
  /** What differs. */
  kind:
    | 'input'
    | 'model_output'
    | 'tool_choice'
    | 'tool_arguments'
    | 'tool_result'
    | 'error'
    | 'added'
    | 'removed'
    | 'result';
  /** JSON Pointer into the step. */
  pointer: string;
  /** What stands there in the base. */
  base: JsonValue;
  /** What stands there in the other. */
  other: JsonValue;
}

/** How a step of one trace lines up with a step of the other. */
export interface AlignedStep {
  /** From the base to the other. */
  op: 'same' | 'changed' | 'added' | 'removed';
  /** From 1; null where it was added. */
  baseStep: number | null;
  /** From 1; null where it was removed. */
  otherStep: number | null;
}

/** Two traces aligned step by step, with no model asked. */
export interface TaskComparison {
  /** The task that is compared with. */
  baseTaskId: TaskId;
  /** The task that is compared. */
  otherTaskId: TaskId;
  /** Where the two were one task, or null. */
  commonAncestor: ForkOrigin | null;
  /** Nothing differs. */
  identical: boolean;
  /** Where they part; null where nothing differs. */
  firstDivergence: TaskDivergence | null;
  /** Every step of both, in order. */
  steps: AlignedStep[];
  /** Every difference, in order. */
  divergences: TaskDivergence[];
  /** Other minus base. */
  deltas: {
    /** Steps. */
    steps: number;
    /** Tokens, input and output. */
    tokens: number;
    /** US dollars; null where a price is unknown. */
    costUsd: number | null;
    /** Milliseconds; null while one of them runs. */
    durationMs: number | null;
  };
}

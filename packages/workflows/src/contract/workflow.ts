import type {
  DateInput,
  JsonObject,
  JsonValue,
  Labels,
  ListQuery,
  TenantId,
  Timestamp,
  WorkflowDefinitionId,
  WorkflowId,
} from '@runctl/core';
import type { WorkflowStepDefinition } from './workflow-step.ts';

/** `queued -> running <-> waiting -> completed | failed | cancelled`. The last three are terminal and never change. */
export type WorkflowStatus = 'queued' | 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled';

/** Where a step stands. The last four are terminal. */
export type WorkflowStepStatus = 'pending' | 'running' | 'waiting' | 'completed' | 'failed' | 'skipped' | 'cancelled';

/** Why a workflow or a step failed. */
export interface WorkflowError {
  /** Stable, for branching. */
  code: string;
  /** For people. */
  message: string;
  /** The step; null where it was none. */
  stepId: string | null;
}

/** What every workflow has, whatever its status. */
export interface WorkflowRecord {
  /** Its id. */
  id: WorkflowId;
  /** The tenant that owns it. */
  tenantId: TenantId;
  /** What is executed. */
  workflowDefinitionId: WorkflowDefinitionId;
  /** The version of it that the workflow started with and keeps. */
  definitionVersion: number;
  /** As given. */
  input: JsonObject;
  /**
   * The first running or waiting step in the order of the graph; all of them in `currentStepIds`. Null where there is
   * none.
   */
  currentStepId: string | null;
  /** Every running or waiting step of the definition's own list, in the order of the graph. */
  currentStepIds: string[];
  /** The workflow that it tries again, or null. */
  retryOf: WorkflowId | null;
  /** Grows with every change. */
  version: number;
  /** Yours, as given. */
  metadata: JsonObject;
  /** Yours, as given. */
  labels: Labels;
  /** When it was created. */
  createdAt: Timestamp;
  /** When it first ran; null before. */
  startedAt: Timestamp | null;
  /** When it ended; null before. */
  finishedAt: Timestamp | null;
  /** When it last changed. */
  updatedAt: Timestamp;
}

/** Where a workflow stands, with what only that status has. */
export type WorkflowOutcome<Output = JsonValue> =
  | { status: 'queued' | 'running' | 'waiting'; output: null; error: null }
  | { status: 'completed'; output: Output; error: null }
  | { status: 'failed'; output: null; error: WorkflowError }
  | { status: 'cancelled'; output: null; error: WorkflowError | null };

/**
 * One execution of a definition. Its `status` tells the compiler what it has: a completed workflow has an `output`, a
 * failed one an `error`.
 */
export type WorkflowState<Output = JsonValue> = WorkflowRecord & WorkflowOutcome<Output>;

/** A workflow that has ended. It never changes again. */
export type FinishedWorkflow<Output = JsonValue> = Extract<
  WorkflowState<Output>,
  { status: 'completed' | 'failed' | 'cancelled' }
>;

/** One step of a workflow, as it was or is executed. */
export interface WorkflowStep {
  /** As in the definition; within a loop or a map `review[3].check`, counted from 0. */
  stepId: string;
  /** As in the definition. */
  name: string;
  /** What it does. */
  type: NonNullable<WorkflowStepDefinition['type']>;
  /** Where it stands. */
  status: WorkflowStepStatus;
  /** Attempts so far; 0 before the first. */
  attempt: number;
  /** Steps that end before it begins. */
  dependsOn: string[];
  /** Its task, where an agent or a team does it; else null. */
  taskId: string | null;
  /** What it was given; null before it begins. */
  input: JsonValue;
  /** What came of it; null before. */
  output: JsonValue;
  /** Why it failed, else null. */
  error: WorkflowError | null;
  /** When it began; null before. */
  startedAt: Timestamp | null;
  /** When it ended; null before. */
  finishedAt: Timestamp | null;
}

/** What a workflow took. Simulated tasks count like others, with tokens by estimate and cost 0. */
export interface WorkflowMetrics {
  /** The workflow. */
  workflowId: WorkflowId;
  /** Seconds from start to end, or to now; null before the start. */
  durationSeconds: number | null;
  /** Steps by where they stand. */
  stepCounts: { total: number } & Record<WorkflowStepStatus, number>;
  /** The chain of steps that the duration comes from, by `stepId`: each began when the one before it ended. */
  criticalPath: string[];
  /**
   * Tokens of all its tasks and of the workflows within it, input and output; what a retry kept is not counted again.
   */
  tokens: number;
  /** US dollars; null where a price is unknown. */
  costUsd: number | null;
}

/** Which workflows a list holds. */
export interface ListWorkflowsQuery extends ListQuery {
  /** One status, or any of several. */
  status?: WorkflowStatus | WorkflowStatus[];
  /** Executions of this definition. */
  workflowDefinitionId?: string;
  /** Created at this instant or later. */
  fromDate?: DateInput;
  /** Created before this instant. */
  toDate?: DateInput;
}

/** What starts a workflow. */
export interface ExecuteWorkflowInput {
  /** What is executed. */
  workflowDefinitionId: string;
  /** Checked against the definition's `inputSchema`. Default `{}`. */
  input?: object;
  /** Of the definition, from 1. Default: the newest. */
  version?: number;
  /** Yours; returned as it is, never searched. Default `{}`. */
  metadata?: JsonObject;
  /** Yours. Default `{}`. */
  labels?: Labels;
}

/** {@link ExecuteWorkflowInput} as it travels. */
export type ExecuteWorkflowBody = Omit<ExecuteWorkflowInput, 'input'> & {
  /** A JSON object. */
  input?: JsonObject;
};

/** Why a workflow is cancelled. */
export interface CancelWorkflowInput {
  /** For people. */
  reason?: string;
}

/** Where a retry begins. */
export interface RetryWorkflowInput {
  /**
   * This step of the definition's own list and all that depend on it run again. Default: what failed, was cancelled or
   * never ran.
   */
  fromStepId?: string;
}

/** How a waiting step is approved. */
export interface ApproveStepInput {
  /** For people. */
  comment?: string;
  /** The step's output. Default `{ approved: true, comment }`. Who decided stands in the audit log. */
  output?: JsonValue;
}

/** How a waiting step is rejected. */
export interface RejectStepInput {
  /** Becomes the message of the step's error. */
  reason?: string;
}

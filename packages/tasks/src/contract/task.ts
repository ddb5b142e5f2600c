import type {
  ActionId,
  AgentId,
  BatchId,
  JsonObject,
  JsonSchema,
  JsonValue,
  Labels,
  TaskId,
  TeamId,
  TenantId,
  Timestamp,
  WorkflowId,
} from '@runctl/core';
import type { TaskUsage } from './token-usage.ts';

/**
 * `scheduled -> queued -> running <-> waiting -> completed | failed | cancelled`. The last three are terminal and never
 * change: a retry or a fork is a new task. Why a task waits or failed is a code, not a status.
 */
export type TaskStatus = 'scheduled' | 'queued' | 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled';

/**
 * A head start in the queue of its own tenant: -300, 0, 300, 3600 seconds, in this order. It never passes another
 * tenant's work.
 */
export type TaskPriority = 'low' | 'normal' | 'high' | 'critical';

/** What the agent is asked. */
export interface TaskInput {
  /** Of this shape. */
  version: '1.0';
  /** The prompt is `payload.message ?? payload.query ?? payload.prompt`; the other keys follow it as JSON. */
  payload: JsonObject;
}

/** Why a task or a step failed. */
export interface TaskError {
  /**
   * `provider_error`, `output_invalid`, `timeout`, `expired`, `max_steps`, `loop_detected`, `budget_exceeded`,
   * `plan_failed`, `worker_lost`, `cancelled` or `internal`; of a step also `tool_error`, `rejected` and the like. The
   * guide of tasks has all of them, with what to do.
   */
  code: string;
  /** For people. */
  message: string;
  /** The step, from 1; null where it was none. */
  step: number | null;
  /** A retry of the task may succeed, unchanged. */
  retryable: boolean;
}

/** What a waiting task waits for. It has given its slot back meanwhile. */
export type TaskWait =
  | {
      /** A person's decision on a tool call: `approve` or `reject`. */
      kind: 'approval';
      /** Its id. */
      actionId: ActionId;
      /** The tool that wants to run. */
      toolName: string;
      /** With these arguments. */
      arguments: JsonObject;
      /** Rejected by itself then; null: never. */
      expiresAt: Timestamp | null;
    }
  | {
      /** A person's answer: `respond`. */
      kind: 'input';
      /** Its id. */
      actionId: ActionId;
      /** What the agent asks. */
      question: string;
      /** JSON Schema of the answer; null: any. */
      schema: JsonSchema | null;
      /** The task fails then; null: never. */
      expiresAt: Timestamp | null;
    }
  | {
      /** The tasks that it handed out. */
      kind: 'children';
      /** Their ids. */
      taskIds: TaskId[];
    }
  | {
      /** A spend limit of the tenant. */
      kind: 'budget';
      /** Which one. */
      limit: string;
    };

/** A place in another task's trace. */
export interface ForkOrigin {
  /** The task that was forked. */
  taskId: TaskId;
  /** The first step that was executed anew, from 1. */
  step: number;
}

/** What every task has, whatever its status. */
export interface TaskRecord {
  /** Its id. */
  id: TaskId;
  /** The tenant that owns it. */
  tenantId: TenantId;
  /** The agent that works on it. Of a team's task: the lead, or null. */
  agentId: AgentId | null;
  /** The version of the agent that the task started with and keeps; null before. */
  agentVersion: number | null;
  /** The team that works on it, or null. */
  teamId: TeamId | null;
  /** The workflow that it is a step of, or null. */
  workflowId: WorkflowId | null;
  /** The batch that it was created in, or null. */
  batchId: BatchId | null;
  /** The task that handed it out, or null. */
  parentTaskId: TaskId | null;
  /** The failed task that it tries again, or null. */
  retryOf: TaskId | null;
  /** Where it was forked from, or null. */
  forkedFrom: ForkOrigin | null;
  /** Its head start in the queue. */
  priority: TaskPriority;
  /** What was asked. */
  input: TaskInput;
  /** JSON Schema of the result, or null. */
  outputSchema: JsonSchema | null;
  /** Times a worker took it up; more than one after a worker was lost. */
  attempt: number;
  /** What it has used so far. */
  usage: TaskUsage;
  /** True where no model was called: the provider was `simulated`. */
  simulated: boolean;
  /** Yours, as given. */
  metadata: JsonObject;
  /** Yours, as given; lists can be filtered by them. */
  labels: Labels;
  /** Grows with every change. */
  version: number;
  /** Not queued before; null: at once. */
  scheduledFor: Timestamp | null;
  /** When it was created. */
  createdAt: Timestamp;
  /** When it first ran; null before. */
  startedAt: Timestamp | null;
  /** When it ended; null before. */
  finishedAt: Timestamp | null;
  /** When it last changed. */
  updatedAt: Timestamp;
}

/** Where a task stands, with what only that status has. */
export type TaskOutcome<Result = JsonValue> =
  | { status: 'scheduled' | 'queued' | 'running'; result: null; error: null; waitingFor: null }
  | { status: 'waiting'; result: null; error: null; waitingFor: TaskWait }
  | { status: 'completed'; result: Result; error: null; waitingFor: null }
  | { status: 'failed'; result: null; error: TaskError; waitingFor: null }
  | { status: 'cancelled'; result: null; error: TaskError | null; waitingFor: null };

/**
 * A unit of work. Its `status` tells the compiler what it has: a completed task has a `result`, a failed one an
 * `error`, a waiting one `waitingFor`.
 */
export type Task<Result = JsonValue> = TaskRecord & TaskOutcome<Result>;

/** A task that has ended. It never changes again. */
export type FinishedTask<Result = JsonValue> = Extract<Task<Result>, { status: 'completed' | 'failed' | 'cancelled' }>;

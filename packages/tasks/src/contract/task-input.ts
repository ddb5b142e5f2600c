import type {
  DateInput,
  InferOutput,
  JsonObject,
  JsonSchema,
  JsonValue,
  Labels,
  ListQuery,
  SchemaLike,
  Timestamp,
  WaitOptions,
} from '@runctl/core';
import type { Task, TaskInput, TaskPriority, TaskStatus } from './task.ts';

/** Who does the work: one agent, or one team. */
export type TaskAssignee =
  | {
      /** The agent that works on it. Not deployed: the task is accepted and stays queued. */
      agentId: string;
      teamId?: never;
    }
  | {
      /** The team that works on it. */
      teamId: string;
      agentId?: never;
    };

/** How a task is to be done; each member has a default. */
export interface TaskSettings {
  /** Its head start in the tenant's queue. Default `normal`. */
  priority?: TaskPriority;
  /** Seconds; it fails with `expired` if it has not started by then. Default: never. */
  expiresInSeconds?: number;
  /** Seconds it may run. Default: as the agent's limits say. */
  timeoutSeconds?: number;
  /** US dollars it may cost, checked before each model call. Default: as the agent's limits say. */
  maxCostUsd?: number;
  /** What the agent remembers at the start. Default `{}`. */
  memory?: JsonObject;
  /** Yours; returned as it is, never searched. Default `{}`. */
  metadata?: JsonObject;
  /** Yours; lists can be filtered by them. Default `{}`. */
  labels?: Labels;
}

/**
 * What makes a new task.
 *
 * @example
 * ```ts
 * const input: CreateTaskInput = {
 *   agentId: 'agt_123',
 *   input: { payload: { query: 'What are the latest trends in AI?' } },
 *   priority: 'high',
 * };
 * ```
 */
export type CreateTaskInput<Schema extends SchemaLike | undefined = SchemaLike | undefined> = TaskAssignee &
  TaskSettings & {
    /** What is asked; see {@link TaskInput} for how the payload becomes the prompt. */
    input: {
      /** Of this shape. Default `1.0`. */
      version?: '1.0';
      /** The prompt is `payload.message ?? payload.query ?? payload.prompt`; the other keys follow it as JSON. */
      payload: object;
    };
    /** Sent as JSON Schema; the runtime makes the model answer in it, and the SDK checks the result against it. */
    schema?: Schema;
    /** Not queued before this instant. Default: at once. */
    scheduledFor?: DateInput;
  };

/** What a task's result is: what its schema says, else any JSON. */
export type ResultOf<Schema extends SchemaLike | undefined> = Schema extends SchemaLike
  ? InferOutput<Schema>
  : JsonValue;

/** {@link CreateTaskInput} as it travels: the schema is JSON Schema, instants are text. */
export type CreateTaskBody = TaskAssignee &
  TaskSettings & {
    /** What is asked. `version` is `1.0` where it is missing. */
    input: Omit<TaskInput, 'version'> & Partial<Pick<TaskInput, 'version'>>;
    /** JSON Schema of the result. */
    outputSchema?: JsonSchema;
    /** Not queued before this instant. */
    scheduledFor?: Timestamp;
  };

/** How to wait for a task, and what to check its result by. */
export interface WaitForTaskOptions<Result = JsonValue> extends WaitOptions<Task> {
  /** Checks the result of a completed task, and types it. Default: unchecked. */
  schema?: SchemaLike<Result>;
}

/** What makes several tasks, all or none. */
export interface CreateTaskBatchInput {
  /** 1 to 25. */
  tasks: CreateTaskInput[];
}

/** Which tasks a list holds. */
export interface ListTasksQuery extends ListQuery {
  /** One status, or any of several. */
  status?: TaskStatus | TaskStatus[];
  /** Tasks of this agent. */
  agentId?: string;
  /** Tasks of this team. */
  teamId?: string;
  /** Steps of this workflow. */
  workflowId?: string;
  /** Tasks of this batch. */
  batchId?: string;
  /** Tasks that this one handed out. */
  parentTaskId?: string;
  /** Forks of this task. */
  forkedFrom?: string;
  /** Created at this instant or later. */
  fromDate?: DateInput;
  /** Created before this instant. */
  toDate?: DateInput;
  /** Tasks that have all of these labels. */
  label?: Labels;
}

/** Why a task is cancelled. */
export interface CancelTaskInput {
  /** For the trace and for people. */
  reason?: string;
}

/** How a waiting tool call is approved. */
export interface ApproveTaskInput {
  /** Replace the arguments that the model chose. Default: as they are. */
  arguments?: JsonObject;
  /** For the trace and for people. */
  comment?: string;
}

/** How a waiting tool call is rejected. */
export interface RejectTaskInput {
  /** Told to the model, which goes on without the call. */
  reason?: string;
}

/** The answer to a task that asked a person. */
export interface RespondToTaskInput {
  /** Checked against the question's schema, where it has one. */
  answer: JsonValue;
}

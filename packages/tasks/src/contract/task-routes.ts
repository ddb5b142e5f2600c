import type { ListQuery, PaginatedResponse, Timestamp, WireQuery } from '@runctl/core';
import type { Task } from './task.ts';
import type { TaskComparison } from './task-comparison.ts';
import type { TaskEvent, TaskEventsQuery } from './task-event.ts';
import type { SubmitFeedbackInput, TaskFeedback } from './task-feedback.ts';
import type {
  ApproveTaskInput,
  CancelTaskInput,
  CreateTaskBody,
  ListTasksQuery,
  RejectTaskInput,
  RespondToTaskInput,
} from './task-input.ts';
import type { ExecutionHistory, TaskStats, TaskStatsQuery } from './task-statistics.ts';
import type { ForkTaskBody, TaskSnapshot, TaskTrace, TraceStep } from './trace.ts';

/** Every route of tasks: what it takes and what it answers, as JSON. */
export interface TaskRoutes {
  /** Creates a task; `wait` (seconds) holds the answer until the task has ended. */
  'POST /tasks': { query?: { wait?: number }; body: CreateTaskBody; result: Task };
  /** Creates 1 to 25 tasks, all or none; answers in the order of the request. */
  'POST /tasks/batch': { body: { tasks: CreateTaskBody[] }; result: Task[] };
  /** Lists tasks, newest first. */
  'GET /tasks': { query?: WireQuery<ListTasksQuery>; result: PaginatedResponse<Task> };
  /** Counts tasks. */
  'GET /tasks/stats': { query?: WireQuery<TaskStatsQuery>; result: TaskStats };
  /** What was executed, bucket by bucket. */
  'GET /tasks/history': { query?: WireQuery<TaskStatsQuery>; result: ExecutionHistory };
  /** Reads a task; `wait` (seconds) holds the request until its version is above `version`. */
  'GET /tasks/:taskId': { query?: { wait?: number; version?: number }; result: Task };
  /** Cancels a task and its children. */
  'POST /tasks/:taskId/cancel': { body: CancelTaskInput; result: Task };
  /** Makes a new task that forks at the failed step. */
  'POST /tasks/:taskId/retry': { result: Task };
  /** Makes a new task that keeps the steps before one and executes on from there. */
  'POST /tasks/:taskId/fork': { body: ForkTaskBody; result: Task };
  /** Reads every step. */
  'GET /tasks/:taskId/trace': { result: TaskTrace };
  /** Reads one step. */
  'GET /tasks/:taskId/steps/:step': { result: TraceStep };
  /** Reads the state at entry of a step. */
  'GET /tasks/:taskId/steps/:step/snapshot': { result: TaskSnapshot };
  /** Lists the tasks that were forked from this one, newest first. */
  'GET /tasks/:taskId/forks': { query?: ListQuery; result: PaginatedResponse<Task> };
  /** Aligns two traces. */
  'GET /tasks/:taskId/compare/:otherTaskId': { result: TaskComparison };
  /** Approves what a task waits for. */
  'POST /tasks/:taskId/approve': { body: ApproveTaskInput; result: Task };
  /** Rejects what a task waits for. */
  'POST /tasks/:taskId/reject': { body: RejectTaskInput; result: Task };
  /** Answers what a task asked. */
  'POST /tasks/:taskId/respond': { body: RespondToTaskInput; result: Task };
  /** Records a judgement of the result. */
  'POST /tasks/:taskId/feedback': { body: SubmitFeedbackInput; result: TaskFeedback };
  /** Lists judgements, newest first. */
  'GET /tasks/:taskId/feedback': { result: TaskFeedback[] };
  /** Lists a task's events, oldest first. */
  'GET /tasks/:taskId/events': { query?: TaskEventsQuery & ListQuery; result: PaginatedResponse<TaskEvent> };
  /** The events as they happen, as server-sent events. `token` stands in for the API key. */
  'GET /tasks/:taskId/events/stream': {
    query?: TaskEventsQuery & { after?: string; token?: string };
    result: TaskEvent;
  };
  /** A token that reads this one stream, for minutes. */
  'POST /tasks/:taskId/events/stream-tokens': { result: { token: string; expiresAt: Timestamp } };
}

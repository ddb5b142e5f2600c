import {
  type EventsOf,
  eventsOf,
  type IterQuery,
  type JsonValue,
  type ListQuery,
  type PaginatedResponse,
  type Paginator,
  type Period,
  paginate,
  parseWith,
  type RequestOptions,
  type Resource,
  type RouteTransport,
  type SchemaLike,
  startOf,
  type Transport,
  type WaitOptions,
  waitFor,
  wireQuery,
} from '@runctl/core';
import type { FinishedTask, Task } from './contract/task.ts';
import type { TaskComparison } from './contract/task-comparison.ts';
import type { TaskEvent, TaskEventsQuery } from './contract/task-event.ts';
import type { SubmitFeedbackInput, TaskFeedback } from './contract/task-feedback.ts';
import type {
  ApproveTaskInput,
  CancelTaskInput,
  CreateTaskBatchInput,
  CreateTaskInput,
  ListTasksQuery,
  RejectTaskInput,
  RespondToTaskInput,
  ResultOf,
  WaitForTaskOptions,
} from './contract/task-input.ts';
import type { TaskRoutes } from './contract/task-routes.ts';
import type { ExecutionHistory, TaskStats, TaskStatsQuery } from './contract/task-statistics.ts';
import type { ForkOptions, SnapshotOverrides, TaskSnapshot, TaskTrace, TraceStep } from './contract/trace.ts';
import { batchBody, stepNumber, taskBody } from './task-body.ts';

/**
 * Tasks: give work to agents and teams, wait for it, read its trace, fork it, compare it. `client.tasks`.
 *
 * @example
 * ```ts
 * const task = await client.tasks.create({
 *   agentId: agent.id,
 *   input: { payload: { query: 'What are the latest trends in AI?' } },
 * });
 * const finished = await client.tasks.waitForCompletion(task.id);
 * if (client.tasks.isCompleted(finished)) console.log(finished.result);
 * ```
 */
export class Tasks {
  readonly #transport: RouteTransport<TaskRoutes>;

  /** What happens to a task: `GET /tasks/:taskId/events`, `GET /tasks/:taskId/events/stream`. */
  readonly events: EventsOf<TaskEvent, TaskEventsQuery>;

  /** For a client; `createClient({ apiKey, resources: { tasks } })` calls it. */
  constructor(transport: Transport) {
    this.#transport = transport;
    this.events = eventsOf(transport, { route: 'GET /tasks/:taskId/events', param: 'taskId' });
  }

  /**
   * `POST /tasks`: creates a task for an agent or a team. An agent that is not deployed is no error: the task stays
   * queued. With a `schema` the runtime makes the model answer in it and the type of `result` follows; the value is
   * checked by {@link Tasks.createAndWait} and by {@link Tasks.waitForCompletion} with the same schema.
   *
   * @throws {RunctlValidationError} 400 - a field is missing, unknown or out of range; `details` names each
   * @throws {RunctlConfigError} - the schema cannot write itself as JSON Schema: pass `{ schema, jsonSchema }`
   * @throws {RunctlNotFoundError} 404 - no such agent or team in this tenant
   * @throws {RunctlQuotaExceededError} 402 - a quota of the tenant is used up; `resource` names it
   */
  async create<S extends SchemaLike | undefined = undefined>(
    input: CreateTaskInput<S>,
    options?: RequestOptions,
  ): Promise<Task<ResultOf<S>>> {
    const task = await this.#transport.request({ route: 'POST /tasks', body: taskBody(input) }, options);
    return task as Task<ResultOf<S>>;
  }

  /**
   * `POST /tasks`, then {@link Tasks.waitForCompletion}: creates a task and waits for its end, in one request where that
   * comes within 5 seconds. With a `schema` the result of a completed task is what the schema made of it.
   *
   * @throws {RunctlWaitTimeoutError} - not finished within `timeoutMs`; the task goes on, `last` has its id
   * @throws {RunctlSchemaError} - the result does not fit the schema
   * @example
   * ```ts
   * const task = await client.tasks.createAndWait({
   *   agentId: agent.id,
   *   input: { payload: { message: 'Extract the invoice.', text } },
   *   schema: z.object({ number: z.string(), total: z.number() }),
   * });
   * if (client.tasks.isCompleted(task)) console.log(task.result.total);
   * ```
   */
  createAndWait<S extends SchemaLike | undefined = undefined>(
    input: CreateTaskInput<S>,
    options: WaitOptions<Task> & { throwOnFailure: true },
  ): Promise<Extract<Task<ResultOf<S>>, { status: 'completed' }>>;
  /** `POST /tasks`, then the wait: without `throwOnFailure` a failed or cancelled task is the result too. */
  createAndWait<S extends SchemaLike | undefined = undefined>(
    input: CreateTaskInput<S>,
    options?: WaitOptions<Task>,
  ): Promise<FinishedTask<ResultOf<S>>>;
  async createAndWait<S extends SchemaLike | undefined = undefined>(
    input: CreateTaskInput<S>,
    options: WaitOptions<Task> = {},
  ): Promise<FinishedTask<ResultOf<S>>> {
    const { query, options: request } = startOf(options);
    const created = await this.#transport.request({ route: 'POST /tasks', body: taskBody(input), query }, request);
    return (await this.#finish(created, options, input.schema)) as FinishedTask<ResultOf<S>>;
  }

  /**
   * `POST /tasks/batch`: creates 1 to 25 tasks, all or none, in the order given. One idempotency key covers them all.
   *
   * @throws {RunctlValidationError} - none or more than 25, found before anything is sent
   * @throws {RunctlValidationError} 400 - one of them is refused, so none is made; `details` names it by its index
   */
  async createBatch(input: CreateTaskBatchInput, options?: RequestOptions): Promise<Task[]> {
    const body = batchBody(input.tasks);
    return this.#transport.request({ route: 'POST /tasks/batch', body, answer: 'list' }, options);
  }

  /**
   * `GET /tasks/:taskId`: reads a task. `Result` is your word for what its `result` is; nothing checks it here.
   *
   * @throws {RunctlNotFoundError} 404 - no such task in this tenant
   */
  async getById<Result = JsonValue>(taskId: string, options?: RequestOptions): Promise<Task<Result>> {
    const task = await this.#transport.request({ route: 'GET /tasks/:taskId', params: { taskId } }, options);
    return task as Task<Result>;
  }

  /**
   * `GET /tasks`: one page of tasks, newest first. To walk all of them, use {@link Tasks.iter}.
   *
   * @example
   * ```ts
   * const { data } = await client.tasks.list({ status: ['failed', 'cancelled'], fromDate: new Date('2026-01-01') });
   * ```
   */
  async list(query: ListTasksQuery = {}, options?: RequestOptions): Promise<PaginatedResponse<Task>> {
    return this.#transport.request({ route: 'GET /tasks', query: wireQuery(query), answer: 'page' }, options);
  }

  /** `GET /tasks`: every task that fits, page after page, each page asked for when the loop needs it. */
  iter(query: IterQuery<ListTasksQuery> = {}, options?: RequestOptions): Paginator<Task> {
    return paginate((page) => this.list({ ...query, ...page }, options));
  }

  /** `GET /tasks`: the same as {@link Tasks.iter}. */
  listAll(query: IterQuery<ListTasksQuery> = {}, options?: RequestOptions): Paginator<Task> {
    return this.iter(query, options);
  }

  /**
   * `POST /tasks/:taskId/cancel`: cancels a task. Reaches its children and the running model call; a running tool gets
   * 5 seconds. Of a finished task: the task as it is.
   *
   * @throws {RunctlNotFoundError} 404 - no such task in this tenant
   */
  cancel(taskId: string, input: CancelTaskInput = {}, options?: RequestOptions): Promise<Task> {
    return this.#transport.request({ route: 'POST /tasks/:taskId/cancel', params: { taskId }, body: input }, options);
  }

  /**
   * `POST /tasks/:taskId/retry`: makes a new task that forks a failed one at the step that failed. The failed task
   * stays as it is.
   *
   * @throws {RunctlConflictError} 409 - the task has not failed
   */
  retry(taskId: string, options?: RequestOptions): Promise<Task> {
    return this.#transport.request({ route: 'POST /tasks/:taskId/retry', params: { taskId } }, options);
  }

  /**
   * `GET /tasks/:taskId`: waits until a task has ended, by long polls unless an interval is given. A failed or
   * cancelled task is the result too, unless `throwOnFailure` is set. With a `schema` the result of a completed task
   * is what the schema made of it.
   *
   * @throws {RunctlWaitTimeoutError} - not finished within `timeoutMs` (5 minutes); the task goes on
   * @throws {RunctlFailedError} - it failed or was cancelled, and `throwOnFailure` is set
   * @throws {RunctlSchemaError} - the result does not fit the schema
   * @example
   * ```ts
   * const finished = await client.tasks.waitForCompletion(taskId, {
   *   timeoutMs: 600_000,
   *   onUpdate: (task) => console.log(task.status),
   * });
   * ```
   */
  waitForCompletion<Result = JsonValue>(
    taskId: string,
    options: WaitForTaskOptions<Result> & { throwOnFailure: true },
  ): Promise<Extract<Task<Result>, { status: 'completed' }>>;
  /** `GET /tasks/:taskId`: the wait; without `throwOnFailure` a failed or cancelled task is the result too. */
  waitForCompletion<Result = JsonValue>(
    taskId: string,
    options?: WaitForTaskOptions<Result>,
  ): Promise<FinishedTask<Result>>;
  async waitForCompletion<Result = JsonValue>(
    taskId: string,
    options: WaitForTaskOptions<Result> = {},
  ): Promise<FinishedTask<Result>> {
    const { schema, ...wait } = options;
    return (await this.#finish({ id: taskId }, wait, schema)) as FinishedTask<Result>;
  }

  /** Whether a task has ended, in whatever way. Narrows its type; sends nothing. */
  isFinished<Result>(task: Task<Result>): task is FinishedTask<Result> {
    return task.status === 'completed' || task.status === 'failed' || task.status === 'cancelled';
  }

  /** Whether a task has a result. Narrows its type; sends nothing. */
  isCompleted<Result>(task: Task<Result>): task is Extract<Task<Result>, { status: 'completed' }> {
    return task.status === 'completed';
  }

  /** Whether a task failed. Narrows its type; sends nothing. */
  isFailed<Result>(task: Task<Result>): task is Extract<Task<Result>, { status: 'failed' }> {
    return task.status === 'failed';
  }

  /**
   * `POST /tasks/:taskId/fork`: makes a new task that keeps the steps before `step` and executes on from there, with
   * what `snapshot` changes. `step` counts from 1; last + 1 goes on after the end. The source is never touched. Tool
   * calls that the source made with the same arguments give their recorded answers, unless `sideEffects` says otherwise.
   *
   * @throws {RunctlValidationError} 400 - there is no such step, or it is not committed
   * @example
   * ```ts
   * const whatIf = await client.tasks.fork('tsk_abc123', 2, { prompt: 'A slightly different prompt' });
   * ```
   */
  async fork(
    taskId: string,
    step: number,
    snapshot?: SnapshotOverrides,
    { sideEffects, ...options }: RequestOptions & ForkOptions = {},
  ): Promise<Task> {
    const body = { step: stepNumber(step), snapshot, sideEffects } as TaskRoutes['POST /tasks/:taskId/fork']['body'];
    return this.#transport.request({ route: 'POST /tasks/:taskId/fork', params: { taskId }, body }, options);
  }

  /**
   * `GET /tasks/:taskId/trace`: every step of a task so far, inherited ones included; none once they are older than the
   * tenant keeps them.
   *
   * @throws {RunctlNotFoundError} 404 - no such task in this tenant
   */
  getTrace(taskId: string, options?: RequestOptions): Promise<TaskTrace> {
    return this.#transport.request({ route: 'GET /tasks/:taskId/trace', params: { taskId } }, options);
  }

  /**
   * `GET /tasks/:taskId/steps/:step`: one step of a task, from 1.
   *
   * @throws {RunctlNotFoundError} 404 - no such task or step
   */
  async getStep(taskId: string, step: number, options?: RequestOptions): Promise<TraceStep> {
    const params = { taskId, step: String(stepNumber(step)) };
    return this.#transport.request({ route: 'GET /tasks/:taskId/steps/:step', params }, options);
  }

  /**
   * `GET /tasks/:taskId/steps/:step/snapshot`: the state at entry of a step, which a fork starts from.
   *
   * @throws {RunctlNotFoundError} 404 - no such task or step
   */
  async getSnapshot(taskId: string, step: number, options?: RequestOptions): Promise<TaskSnapshot> {
    const params = { taskId, step: String(stepNumber(step)) };
    return this.#transport.request({ route: 'GET /tasks/:taskId/steps/:step/snapshot', params }, options);
  }

  /** `GET /tasks/:taskId/forks`: one page of the tasks that were forked from this one, newest first. */
  listForks(taskId: string, query: ListQuery = {}, options?: RequestOptions): Promise<PaginatedResponse<Task>> {
    return this.#transport.request(
      { route: 'GET /tasks/:taskId/forks', params: { taskId }, query, answer: 'page' },
      options,
    );
  }

  /** `GET /tasks/:taskId/forks`: every task that was forked from this one, newest first. */
  iterForks(taskId: string, options?: RequestOptions): Paginator<Task> {
    return paginate((page) => this.listForks(taskId, page, options));
  }

  /**
   * `GET /tasks/:taskId/compare/:otherTaskId`: aligns two traces and says where they part. No model is asked.
   *
   * @throws {RunctlNotFoundError} 404 - no such task in this tenant
   * @example
   * ```ts
   * const { firstDivergence, deltas } = await client.tasks.compare(task.id, fork.id);
   * console.log(firstDivergence?.kind, deltas.tokens);
   * ```
   */
  compare(baseTaskId: string, otherTaskId: string, options?: RequestOptions): Promise<TaskComparison> {
    return this.#transport.request(
      { route: 'GET /tasks/:taskId/compare/:otherTaskId', params: { taskId: baseTaskId, otherTaskId } },
      options,
    );
  }

  /** `GET /tasks/stats`: counts, success, durations and cost of the tenant's tasks, or of one agent or team. */
  async getStats(query: TaskStatsQuery = {}, options?: RequestOptions): Promise<TaskStats> {
    return this.#transport.request({ route: 'GET /tasks/stats', query: wireQuery(query) }, options);
  }

  /**
   * `GET /tasks/history`: what was executed, bucket by bucket. A bare period is enough.
   *
   * @example
   * ```ts
   * const { points } = await client.tasks.getExecutionHistory('7d');
   * ```
   */
  async getExecutionHistory(query: Period | TaskStatsQuery = {}, options?: RequestOptions): Promise<ExecutionHistory> {
    const window: TaskStatsQuery = typeof query === 'string' ? { period: query } : query;
    return this.#transport.request({ route: 'GET /tasks/history', query: wireQuery(window) }, options);
  }

  /**
   * `POST /tasks/:taskId/approve`: lets the tool call run that a task waits for, with its own arguments or with yours.
   *
   * @throws {RunctlConflictError} 409 - the task does not wait for an approval
   */
  approve(taskId: string, input: ApproveTaskInput = {}, options?: RequestOptions): Promise<Task> {
    return this.#transport.request({ route: 'POST /tasks/:taskId/approve', params: { taskId }, body: input }, options);
  }

  /**
   * `POST /tasks/:taskId/reject`: refuses the tool call that a task waits for. The model is told why and goes on.
   *
   * @throws {RunctlConflictError} 409 - the task does not wait for an approval
   */
  reject(taskId: string, input: RejectTaskInput = {}, options?: RequestOptions): Promise<Task> {
    return this.#transport.request({ route: 'POST /tasks/:taskId/reject', params: { taskId }, body: input }, options);
  }

  /**
   * `POST /tasks/:taskId/respond`: answers a task that asked a person with `ask_human`.
   *
   * @throws {RunctlValidationError} 400 - the answer does not fit the question's schema
   * @throws {RunctlConflictError} 409 - the task does not wait for an answer
   */
  respond(taskId: string, input: RespondToTaskInput, options?: RequestOptions): Promise<Task> {
    return this.#transport.request({ route: 'POST /tasks/:taskId/respond', params: { taskId }, body: input }, options);
  }

  /**
   * `POST /tasks/:taskId/feedback`: records a judgement of a finished task's result, for the agent's analytics.
   *
   * @throws {RunctlConflictError} 409 - the task has not finished
   */
  submitFeedback(taskId: string, input: SubmitFeedbackInput, options?: RequestOptions): Promise<TaskFeedback> {
    return this.#transport.request({ route: 'POST /tasks/:taskId/feedback', params: { taskId }, body: input }, options);
  }

  /** `GET /tasks/:taskId/feedback`: every judgement of a task's result, newest first. */
  listFeedback(taskId: string, options?: RequestOptions): Promise<TaskFeedback[]> {
    return this.#transport.request(
      { route: 'GET /tasks/:taskId/feedback', params: { taskId }, answer: 'list' },
      options,
    );
  }

  async #finish(
    started: Task | { id: string },
    options: WaitOptions<Task>,
    schema: SchemaLike | undefined,
  ): Promise<FinishedTask> {
    const params = { taskId: started.id };
    const finished = await waitFor<Task>(
      {
        look: (query, request) => this.#transport.request({ route: 'GET /tasks/:taskId', params, query }, request),
        isDone: (task) => this.isFinished(task),
        isFailed: (task) => !this.isCompleted(task),
        describe: `task ${started.id}`,
        ...('status' in started && { known: started }),
      },
      options,
    );
    if (schema !== undefined && this.isCompleted(finished)) {
      // In place: `responseMeta(task)` goes by the object that the transport returned.
      finished.result = (await parseWith(schema, finished.result)) as JsonValue;
    }
    return finished as FinishedTask;
  }
}

/** The resource for `createClient({ apiKey, resources: { tasks } })`. */
export const tasks: Resource<Tasks> = (transport) => new Tasks(transport);

import {
  type EventsOf,
  eventsOf,
  type IterQuery,
  type JsonValue,
  type PaginatedResponse,
  type Paginator,
  paginate,
  type RequestOptions,
  type Resource,
  type RouteTransport,
  startOf,
  type Transport,
  type WaitOptions,
  waitFor,
  wireQuery,
} from '@runctl/core';
import type {
  ApproveStepInput,
  CancelWorkflowInput,
  ExecuteWorkflowBody,
  ExecuteWorkflowInput,
  FinishedWorkflow,
  ListWorkflowsQuery,
  RejectStepInput,
  RetryWorkflowInput,
  WorkflowMetrics,
  WorkflowState,
  WorkflowStep,
} from './contract/workflow.ts';
import type { WorkflowEvent, WorkflowEventsQuery } from './contract/workflow-event.ts';
import type { WorkflowRoutes } from './contract/workflow-routes.ts';

/**
 * Workflows: executions of a definition, step by step. `client.workflows`. Every agent step is a task, with a trace of
 * its own.
 *
 * @example
 * ```ts
 * const workflow = await client.workflows.executeAndWait({
 *   workflowDefinitionId: definition.id,
 *   input: { topic: 'AI in Healthcare' },
 * });
 * if (client.workflows.isCompleted(workflow)) console.log(workflow.output);
 * ```
 */
export class Workflows {
  readonly #transport: RouteTransport<WorkflowRoutes>;

  /** What happens to a workflow: `GET /workflows/:workflowId/events`, `GET /workflows/:workflowId/events/stream`. */
  readonly events: EventsOf<WorkflowEvent, WorkflowEventsQuery>;

  /** For a client; `createClient({ apiKey, resources: { workflows } })` calls it. */
  constructor(transport: Transport) {
    this.#transport = transport;
    this.events = eventsOf(transport, { route: 'GET /workflows/:workflowId/events', param: 'workflowId' });
  }

  /**
   * `POST /workflows`: starts a workflow and resolves as soon as it is queued. `Output` is your word for what its
   * `output` will be; nothing checks it here.
   *
   * @throws {RunctlNotFoundError} 404 - no such definition or version in this tenant
   * @throws {RunctlValidationError} 400 - the input does not fit the definition's `inputSchema`
   */
  async execute<Output = JsonValue>(
    input: ExecuteWorkflowInput,
    options?: RequestOptions,
  ): Promise<WorkflowState<Output>> {
    // The transport refuses, with the path, what JSON cannot carry.
    const body = input as ExecuteWorkflowBody;
    return (await this.#transport.request({ route: 'POST /workflows', body }, options)) as WorkflowState<Output>;
  }

  /**
   * `POST /workflows`, then {@link Workflows.waitForCompletion}: starts a workflow and waits for its end, in one
   * request where that comes within 5 seconds.
   *
   * @throws {RunctlWaitTimeoutError} - not finished within `timeoutMs`; the workflow goes on, `last` has its id
   */
  async executeAndWait<Output = JsonValue>(
    input: ExecuteWorkflowInput,
    options: WaitOptions<WorkflowState> = {},
  ): Promise<FinishedWorkflow<Output>> {
    const { query, options: request } = startOf(options);
    const body = input as ExecuteWorkflowBody;
    const started = await this.#transport.request({ route: 'POST /workflows', body, query }, request);
    return this.#finish(started, options);
  }

  /**
   * `GET /workflows/:workflowId`: reads a workflow.
   *
   * @throws {RunctlNotFoundError} 404 - no such workflow in this tenant
   */
  async getById<Output = JsonValue>(workflowId: string, options?: RequestOptions): Promise<WorkflowState<Output>> {
    const workflow = await this.#transport.request(
      { route: 'GET /workflows/:workflowId', params: { workflowId } },
      options,
    );
    return workflow as WorkflowState<Output>;
  }

  /** `GET /workflows`: one page of workflows, newest first. */
  async list(query: ListWorkflowsQuery = {}, options?: RequestOptions): Promise<PaginatedResponse<WorkflowState>> {
    return this.#transport.request({ route: 'GET /workflows', query: wireQuery(query), answer: 'page' }, options);
  }

  /** `GET /workflows`: every workflow that fits, page after page, each page asked for when the loop needs it. */
  iter(query: IterQuery<ListWorkflowsQuery> = {}, options?: RequestOptions): Paginator<WorkflowState> {
    return paginate((page) => this.list({ ...query, ...page }, options));
  }

  /** `GET /workflows`: the same as {@link Workflows.iter}. */
  listAll(query: IterQuery<ListWorkflowsQuery> = {}, options?: RequestOptions): Paginator<WorkflowState> {
    return this.iter(query, options);
  }

  /**
   * `GET /workflows/:workflowId`: waits until a workflow has ended, by long polls unless an interval is given. A failed
   * or cancelled workflow is the result too, unless `throwOnFailure` is set.
   *
   * @throws {RunctlWaitTimeoutError} - not finished within `timeoutMs` (5 minutes); the workflow goes on
   * @throws {RunctlFailedError} - it failed or was cancelled, and `throwOnFailure` is set
   */
  waitForCompletion<Output = JsonValue>(
    workflowId: string,
    options?: WaitOptions<WorkflowState>,
  ): Promise<FinishedWorkflow<Output>> {
    return this.#finish({ id: workflowId }, options);
  }

  /**
   * `GET /workflows/:workflowId`: the same wait as {@link Workflows.waitForCompletion}, always by interval and backoff,
   * for networks that cut long requests.
   *
   * @example
   * ```ts
   * const workflow = await client.workflows.pollUntilComplete(id, { intervalMs: 1_000, backoffFactor: 1.5 });
   * ```
   */
  pollUntilComplete<Output = JsonValue>(
    workflowId: string,
    options: WaitOptions<WorkflowState> = {},
  ): Promise<FinishedWorkflow<Output>> {
    return this.waitForCompletion(workflowId, { intervalMs: 1_000, ...options });
  }

  /** `POST /workflows/:workflowId/cancel`: cancels a workflow and its running tasks. Of a finished one: as it is. */
  cancel(workflowId: string, input: CancelWorkflowInput = {}, options?: RequestOptions): Promise<WorkflowState> {
    const route = 'POST /workflows/:workflowId/cancel';
    return this.#transport.request({ route, params: { workflowId }, body: input }, options);
  }

  /**
   * `POST /workflows/:workflowId/retry`: makes a new workflow that keeps what was completed and runs the rest.
   *
   * @throws {RunctlConflictError} 409 - the workflow has not ended, or is completed and `fromStepId` was not given
   * @throws {RunctlNotFoundError} 404 - no such workflow or step
   */
  retry(workflowId: string, input: RetryWorkflowInput = {}, options?: RequestOptions): Promise<WorkflowState> {
    const route = 'POST /workflows/:workflowId/retry';
    return this.#transport.request({ route, params: { workflowId }, body: input }, options);
  }

  /** `GET /workflows/:workflowId/steps`: every step of a workflow, in the order of the graph. */
  getSteps(workflowId: string, options?: RequestOptions): Promise<WorkflowStep[]> {
    return this.#transport.request(
      { route: 'GET /workflows/:workflowId/steps', params: { workflowId }, answer: 'list' },
      options,
    );
  }

  /**
   * `POST /workflows/:workflowId/steps/:stepId/approve`: lets a workflow go on that waits at an approval step.
   *
   * @throws {RunctlConflictError} 409 - the step does not wait for an approval
   */
  approveStep(
    workflowId: string,
    stepId: string,
    input: ApproveStepInput = {},
    options?: RequestOptions,
  ): Promise<WorkflowStep> {
    const route = 'POST /workflows/:workflowId/steps/:stepId/approve';
    return this.#transport.request({ route, params: { workflowId, stepId }, body: input }, options);
  }

  /**
   * `POST /workflows/:workflowId/steps/:stepId/reject`: fails an approval step; its `onError` says what follows.
   *
   * @throws {RunctlConflictError} 409 - the step does not wait for an approval
   */
  rejectStep(
    workflowId: string,
    stepId: string,
    input: RejectStepInput = {},
    options?: RequestOptions,
  ): Promise<WorkflowStep> {
    const route = 'POST /workflows/:workflowId/steps/:stepId/reject';
    return this.#transport.request({ route, params: { workflowId, stepId }, body: input }, options);
  }

  /** `GET /workflows/:workflowId/metrics`: duration, step counts, critical path, tokens and cost of a workflow. */
  getMetrics(workflowId: string, options?: RequestOptions): Promise<WorkflowMetrics> {
    return this.#transport.request({ route: 'GET /workflows/:workflowId/metrics', params: { workflowId } }, options);
  }

  /** Whether a workflow has an output. Narrows its type; sends nothing. */
  isCompleted<Output>(
    workflow: WorkflowState<Output>,
  ): workflow is Extract<WorkflowState<Output>, { status: 'completed' }> {
    return workflow.status === 'completed';
  }

  /** Whether a workflow failed. Narrows its type; sends nothing. */
  isFailed<Output>(workflow: WorkflowState<Output>): workflow is Extract<WorkflowState<Output>, { status: 'failed' }> {
    return workflow.status === 'failed';
  }

  /** Whether a workflow has ended, in whatever way. Narrows its type; sends nothing. */
  isFinished<Output>(workflow: WorkflowState<Output>): workflow is FinishedWorkflow<Output> {
    return workflow.status === 'completed' || workflow.status === 'failed' || workflow.status === 'cancelled';
  }

  async #finish<Output>(
    started: WorkflowState | { id: string },
    options: WaitOptions<WorkflowState> | undefined,
  ): Promise<FinishedWorkflow<Output>> {
    const route = 'GET /workflows/:workflowId';
    const params = { workflowId: started.id };
    const finished = await waitFor<WorkflowState>(
      {
        look: (query, request) => this.#transport.request({ route, params, query }, request),
        isDone: (workflow) => this.isFinished(workflow),
        isFailed: (workflow) => workflow.status === 'failed' || workflow.status === 'cancelled',
        describe: `workflow ${started.id}`,
        ...('status' in started && { known: started }),
      },
      options,
    );
    return finished as FinishedWorkflow<Output>;
  }
}

/** The resource for `createClient({ apiKey, resources: { workflows } })`. */
export const workflows: Resource<Workflows> = (transport) => new Workflows(transport);

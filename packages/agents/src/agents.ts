import {
  type AgentId,
  type Deleted,
  type EventsOf,
  eventsOf,
  type IterQuery,
  type ListQuery,
  type PaginatedResponse,
  type Paginator,
  type PeriodQuery,
  paginate,
  type RequestOptions,
  type Resource,
  type RouteTransport,
  type Transport,
  type WaitOptions,
  waitFor,
  wireQuery,
} from '@runctl/core';
import { AgentAnalytics } from './agent-analytics.ts';
import type { Agent, CreateAgentInput, ListAgentsQuery, UpdateAgentInput } from './contract/agent.ts';
import type { AgentEvent, AgentEventsQuery } from './contract/agent-event.ts';
import type { AgentInstance, InstanceHealth } from './contract/agent-instance.ts';
import type { AgentLogEntry, AgentLogs, AgentLogsQuery } from './contract/agent-log.ts';
import type { AgentMetrics } from './contract/agent-metrics.ts';
import type { AgentRoutes } from './contract/agent-routes.ts';
import type { ToolDescription } from './contract/agent-tool.ts';
import type {
  DeployAgentInput,
  Deployment,
  RestartAgentInput,
  RollbackAgentInput,
  ScaleAgentInput,
  StopAgentInput,
} from './contract/deployment.ts';

/**
 * Agents: create, deploy, scale and watch them. `client.agents`.
 *
 * @example
 * ```ts
 * const agent = await client.agents.create({
 *   name: 'Research Assistant',
 *   type: 'reactive',
 *   modelProvider: 'openai',
 *   model: 'gpt-4o-mini',
 *   systemPrompt: 'You are a helpful research assistant.',
 * });
 * await client.agents.deploy(agent.id, { replicas: 1 });
 * ```
 */
export class Agents {
  readonly #transport: RouteTransport<AgentRoutes>;

  /** How well an agent does, and what would make it better. */
  readonly analytics: AgentAnalytics;

  /** What happens to an agent: `GET /agents/:agentId/events`, `GET /agents/:agentId/events/stream`. */
  readonly events: EventsOf<AgentEvent, AgentEventsQuery>;

  /** For a client; `createClient({ apiKey, resources: { agents } })` calls it. */
  constructor(transport: Transport) {
    this.#transport = transport;
    this.analytics = new AgentAnalytics(transport);
    this.events = eventsOf(transport, { route: 'GET /agents/:agentId/events', param: 'agentId' });
  }

  /**
   * `POST /agents`: creates an agent, in status `draft`. It works on tasks once it is deployed.
   *
   * @throws {RunctlValidationError} 400 - a field is missing, unknown or out of range; `details` names each
   * @throws {RunctlQuotaExceededError} 402 - the tenant has as many agents as it may
   */
  create(input: CreateAgentInput, options?: RequestOptions): Promise<Agent> {
    return this.#transport.request({ route: 'POST /agents', body: input }, options);
  }

  /**
   * `GET /agents/:agentId`: reads an agent.
   *
   * @throws {RunctlNotFoundError} 404 - no such agent in this tenant
   */
  getById(agentId: string, options?: RequestOptions): Promise<Agent> {
    return this.#transport.request({ route: 'GET /agents/:agentId', params: { agentId } }, options);
  }

  /**
   * `GET /agents`: one page of agents, newest first. To walk all of them, use {@link Agents.iter}.
   *
   * @example
   * ```ts
   * const { data: running, pagination } = await client.agents.list({ status: 'running', limit: 10 });
   * ```
   */
  async list(query: ListAgentsQuery = {}, options?: RequestOptions): Promise<PaginatedResponse<Agent>> {
    return this.#transport.request({ route: 'GET /agents', query: wireQuery(query), answer: 'page' }, options);
  }

  /** `GET /agents`: every agent that fits, page after page, each page asked for when the loop needs it. */
  iter(query: IterQuery<ListAgentsQuery> = {}, options?: RequestOptions): Paginator<Agent> {
    return paginate((page) => this.list({ ...query, ...page }, options));
  }

  /** `GET /agents`: the same as {@link Agents.iter}. */
  listAll(query: IterQuery<ListAgentsQuery> = {}, options?: RequestOptions): Paginator<Agent> {
    return this.iter(query, options);
  }

  /**
   * `PATCH /agents/:agentId`: makes the next version of an agent. What is left out stays; a list or an object that is
   * given replaces the old one. Running tasks keep the version that they started with; instances take the new one at
   * the next deploy.
   *
   * @throws {RunctlConflictError} 412 - `ifMatch` was given and the agent has another version
   */
  update(agentId: string, input: UpdateAgentInput, options?: RequestOptions): Promise<Agent> {
    return this.#transport.request({ route: 'PATCH /agents/:agentId', params: { agentId }, body: input }, options);
  }

  /**
   * `DELETE /agents/:agentId`: deletes an agent. Its tasks and their traces stay.
   *
   * @throws {RunctlConflictError} 409 - it runs, or a team or a workflow names it
   */
  delete(agentId: string, options?: RequestOptions): Promise<Deleted<AgentId>> {
    return this.#transport.request({ route: 'DELETE /agents/:agentId', params: { agentId } }, options);
  }

  /**
   * `POST /agents/:agentId/deploy`: brings the current version into service. Resolves when the rollout has begun;
   * {@link Agents.waitForDeployment} waits for its end.
   *
   * @throws {RunctlConflictError} 409 `provider_not_configured` - the provider has no key on this runtime; `hint` names it
   * @throws {RunctlQuotaExceededError} 402 - the tenant has as many replicas as it may
   * @throws {RunctlConflictError} 409 `controller.busy` - another rollout of this agent is under way
   */
  deploy(agentId: string, input: DeployAgentInput = {}, options?: RequestOptions): Promise<Deployment> {
    return this.#transport.request(
      { route: 'POST /agents/:agentId/deploy', params: { agentId }, body: input },
      options,
    );
  }

  /**
   * `POST /agents/:agentId/scale`: changes the count of instances. 0 pauses the agent; its tasks stay queued.
   *
   * @throws {RunctlQuotaExceededError} 402 - the tenant has as many replicas as it may
   * @throws {RunctlConflictError} 409 `controller.busy` - another rollout of this agent is under way
   */
  scale(agentId: string, input: ScaleAgentInput, options?: RequestOptions): Promise<Deployment> {
    return this.#transport.request({ route: 'POST /agents/:agentId/scale', params: { agentId }, body: input }, options);
  }

  /**
   * `POST /agents/:agentId/stop`: takes an agent out of service. Running tasks get `drainSeconds` (30) to end; queued
   * tasks stay queued.
   *
   * @throws {RunctlConflictError} 409 `controller.busy` - another rollout of this agent is under way
   */
  stop(agentId: string, input: StopAgentInput = {}, options?: RequestOptions): Promise<Deployment> {
    return this.#transport.request({ route: 'POST /agents/:agentId/stop', params: { agentId }, body: input }, options);
  }

  /**
   * `POST /agents/:agentId/restart`: starts every instance anew, with the same version.
   *
   * @throws {RunctlConflictError} 409 `controller.busy` - another rollout of this agent is under way
   */
  restart(agentId: string, input: RestartAgentInput = {}, options?: RequestOptions): Promise<Deployment> {
    return this.#transport.request(
      { route: 'POST /agents/:agentId/restart', params: { agentId }, body: input },
      options,
    );
  }

  /**
   * `POST /agents/:agentId/rollback`: deploys an earlier version, by default the one before the current.
   *
   * @throws {RunctlConflictError} 409 `controller.busy` - another rollout of this agent is under way
   */
  rollback(agentId: string, input: RollbackAgentInput = {}, options?: RequestOptions): Promise<Deployment> {
    return this.#transport.request(
      { route: 'POST /agents/:agentId/rollback', params: { agentId }, body: input },
      options,
    );
  }

  /** `GET /agents/:agentId/deployments`: one page of an agent's deployments, newest first. */
  listDeployments(
    agentId: string,
    query: ListQuery = {},
    options?: RequestOptions,
  ): Promise<PaginatedResponse<Deployment>> {
    return this.#transport.request(
      { route: 'GET /agents/:agentId/deployments', params: { agentId }, query, answer: 'page' },
      options,
    );
  }

  /** `GET /agents/:agentId/deployments`: every deployment of an agent, newest first. */
  iterDeployments(agentId: string, options?: RequestOptions): Paginator<Deployment> {
    return paginate((page) => this.listDeployments(agentId, page, options));
  }

  /**
   * `GET /agents/:agentId/deployments/:deploymentId`: waits until a deployment has succeeded or failed. A failed one
   * is the result too, unless `throwOnFailure` is set.
   *
   * @throws {RunctlWaitTimeoutError} - not done within `timeoutMs`; the rollout goes on
   * @example
   * ```ts
   * const { id } = await client.agents.deploy(agent.id, { replicas: 2 });
   * await client.agents.waitForDeployment(agent.id, id, { throwOnFailure: true });
   * ```
   */
  waitForDeployment(agentId: string, deploymentId: string, options?: WaitOptions<Deployment>): Promise<Deployment> {
    const route = 'GET /agents/:agentId/deployments/:deploymentId';
    return waitFor<Deployment>(
      {
        look: (query, request) => this.#transport.request({ route, params: { agentId, deploymentId }, query }, request),
        isDone: (deployment) => deployment.status !== 'in_progress',
        isFailed: (deployment) => deployment.status === 'failed',
        describe: `deployment ${deploymentId}`,
      },
      options,
    );
  }

  /** `GET /agents/:agentId/metrics`: tasks, durations, usage and tools of an agent in a window of time. */
  async getMetrics(agentId: string, query: PeriodQuery = {}, options?: RequestOptions): Promise<AgentMetrics> {
    return this.#transport.request(
      { route: 'GET /agents/:agentId/metrics', params: { agentId }, query: wireQuery(query) },
      options,
    );
  }

  /** `GET /agents/:agentId/logs`: one page of an agent's log, newest first. */
  async getLogs(agentId: string, query: AgentLogsQuery = {}, options?: RequestOptions): Promise<AgentLogs> {
    return this.#transport.request(
      { route: 'GET /agents/:agentId/logs', params: { agentId }, query: wireQuery(query) },
      options,
    );
  }

  /** `GET /agents/:agentId/logs`: every line of an agent's log that fits, newest first. */
  iterLogs(
    agentId: string,
    query: Omit<AgentLogsQuery, 'cursor'> = {},
    options?: RequestOptions,
  ): Paginator<AgentLogEntry> {
    return paginate(async (page) => asPage(await this.getLogs(agentId, { ...query, ...page }, options)));
  }

  /** `GET /agents/:agentId/instances`: one page of an agent's instances. */
  listInstances(
    agentId: string,
    query: ListQuery = {},
    options?: RequestOptions,
  ): Promise<PaginatedResponse<AgentInstance>> {
    return this.#transport.request(
      { route: 'GET /agents/:agentId/instances', params: { agentId }, query, answer: 'page' },
      options,
    );
  }

  /** `GET /agents/:agentId/instances`: every instance of an agent. */
  iterInstances(agentId: string, options?: RequestOptions): Paginator<AgentInstance> {
    return paginate((page) => this.listInstances(agentId, page, options));
  }

  /**
   * `GET /agents/:agentId/instances/:instanceId/health`: judges one instance by its heartbeat, its progress, its
   * worker's event loop and its provider.
   *
   * @throws {RunctlNotFoundError} 404 - no such agent or instance
   */
  getInstanceHealth(agentId: string, instanceId: string, options?: RequestOptions): Promise<InstanceHealth> {
    return this.#transport.request(
      { route: 'GET /agents/:agentId/instances/:instanceId/health', params: { agentId, instanceId } },
      options,
    );
  }

  /** `GET /tools`: the built-in tools of this runtime. */
  listBuiltInTools(options?: RequestOptions): Promise<ToolDescription[]> {
    return this.#transport.request({ route: 'GET /tools', answer: 'list' }, options);
  }
}

/** A page of the log in the shape of every other page. */
function asPage({ logs, hasMore, nextCursor }: AgentLogs): PaginatedResponse<AgentLogEntry> {
  return {
    data: logs,
    pagination: { page: null, limit: logs.length, total: null, totalPages: null, hasMore },
    nextCursor,
  };
}

/** The resource for `createClient({ apiKey, resources: { agents } })`. */
export const agents: Resource<Agents> = (transport) => new Agents(transport);

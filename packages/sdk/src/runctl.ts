import { type Agents, agents } from '@runctl/agents';
import {
  type ClientOptions,
  createClient,
  type Environment,
  type EventStream,
  isControllerBusy,
  optionsFromEnvironment,
  type RequestOptions,
  type RunctlClient,
  type StreamOptions,
  type TransportRequest,
} from '@runctl/core';
import { type Tasks, tasks } from '@runctl/tasks';
import { type Teams, teams } from '@runctl/teams';
import { type Tenants, tenants } from '@runctl/tenants';
import { type WorkflowDefinitions, type Workflows, workflowDefinitions, workflows } from '@runctl/workflows';

/** Options for {@link Runctl.fromEnv}. An option given beats its variable. */
export interface FromEnvOptions extends Partial<ClientOptions> {
  /** Where the variables are read. Default: the process's environment, where there is one. */
  env?: Environment;
}

/**
 * The client with every resource. Safe to share: it holds no state of a call.
 *
 * @example
 * ```ts
 * const client = Runctl.fromEnv();
 * const task = await client.tasks.createAndWait({
 *   agentId: 'agt_123',
 *   input: { payload: { query: 'What are the latest trends in AI?' } },
 * });
 * ```
 */
export class Runctl implements RunctlClient {
  /** Agents: create, deploy, scale and watch them. */
  readonly agents: Agents;
  /** Tasks: give work, wait for it, read its trace, fork it, compare it. */
  readonly tasks: Tasks;
  /** Workflows: executions of a definition. */
  readonly workflows: Workflows;
  /** Workflow definitions: graphs of steps, in versions. */
  readonly workflowDefinitions: WorkflowDefinitions;
  /** Teams: agents that work together. */
  readonly teams: Teams;
  /** Tenants: usage, cost, billing, people, keys and webhooks. */
  readonly tenants: Tenants;
  /** Where the API is, `/v1` included, without a final slash. */
  readonly baseUrl: string;

  readonly #client: RunctlClient;

  /**
   * Checks and copies the options; sends nothing.
   *
   * @throws {RunctlConfigError} - an option is missing, unknown or out of range; the message names it
   */
  constructor(options: ClientOptions) {
    const client = createClient({ ...options, resources: {} });
    this.#client = client;
    this.baseUrl = client.baseUrl;
    this.agents = agents(client);
    this.tasks = tasks(client);
    this.workflows = workflows(client);
    this.workflowDefinitions = workflowDefinitions(client);
    this.teams = teams(client);
    this.tenants = tenants(client);
  }

  /**
   * Makes a client from `RUNCTL_API_KEY`, `RUNCTL_BASE_URL`, `RUNCTL_TIMEOUT` (milliseconds) and `RUNCTL_RETRIES`. A
   * blank variable counts as unset.
   *
   * @throws {RunctlConfigError} - a variable is missing or malformed; the message names it, never its value
   * @example
   * ```ts
   * const client = Runctl.fromEnv({ timeout: 10_000 });
   * ```
   */
  static fromEnv({ env, ...options }: FromEnvOptions = {}): Runctl {
    return new Runctl(optionsFromEnvironment(env, options));
  }

  /** Whether an error says that another deploy, scale, stop, restart or rollback of the agent is under way. */
  static isControllerBusy(error: unknown): boolean {
    return isControllerBusy(error);
  }

  /** Sends one call along a route, for what has no method. {@link Runctl.fetch} is the same for plain paths. */
  request<Result>(request: TransportRequest, options?: RequestOptions): Promise<Result> {
    return this.#client.request(request, options);
  }

  /** Follows a route that answers with server-sent events. */
  stream<Event>(request: TransportRequest, options?: StreamOptions): EventStream<Event> {
    return this.#client.stream(request, options);
  }

  /**
   * An authenticated `fetch` below `baseUrl`, with this client's retries, deadlines and errors.
   *
   * @example
   * ```ts
   * const response = await client.fetch('/whoami');
   * ```
   */
  fetch(path: string, init?: RequestInit & RequestOptions): Promise<Response> {
    return this.#client.fetch(path, init);
  }
}

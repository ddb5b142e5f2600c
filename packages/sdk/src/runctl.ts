import { type Agents, agents } from '@runctl/agents';
import {
  BaseClient,
  type ClientOptions,
  type Environment,
  isControllerBusy,
  optionsFromEnvironment,
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
 * The client with every resource. Make one and share it: its calls share a credential, a retry budget and connections.
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
export class Runctl extends BaseClient {
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

  /**
   * Checks and copies the options; sends nothing.
   *
   * @throws {RunctlConfigError} - an option is missing, unknown or out of range; the message names it, never its value
   */
  constructor(options: ClientOptions) {
    super(options);
    this.agents = agents(this);
    this.tasks = tasks(this);
    this.workflows = workflows(this);
    this.workflowDefinitions = workflowDefinitions(this);
    this.teams = teams(this);
    this.tenants = tenants(this);
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

  /**
   * Whether an error says that another deploy, scale, stop, restart or rollback of the agent is under way: 409
   * `controller.busy`. The same call succeeds later.
   */
  static isControllerBusy(error: unknown): boolean {
    return isControllerBusy(error);
  }
}

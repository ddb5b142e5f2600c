import type {
  DeployAgentInput,
  Deployment,
  RestartAgentInput,
  RollbackAgentInput,
  RolloutStrategy,
  ScaleAgentInput,
  StopAgentInput,
} from '@runctl/agents';
import type { ListQuery, PaginatedResponse } from '@runctl/core';
import type { AgentRow, DeploymentRow } from '../store/schema.ts';
import { findAgent } from './agents.ts';
import { advanceAgent, lockAgent, openDeployment } from './deployments/advance-agent.ts';
import type { AgentWatch } from './deployments/agent-watch.ts';
import { aloneHome, type SlotHome } from './deployments/slot-home.ts';
import { deploymentEvent } from './events/agent-events.ts';
import { Failure, notFound } from './failure.ts';
import { newId } from './ids.ts';
import { readPage } from './page.ts';
import type { ServiceContext } from './service-context.ts';
import type { TenantScope, TenantWriteScope } from './tenant-scope.ts';
import { type StoredAgentConfig, storedConfig } from './wire/agent.ts';
import { toDeployment } from './wire/deployment.ts';

/** What an operation makes of an agent. */
interface Operation {
  reason: Deployment['reason'];
  version: number;
  replicas: number;
  strategy: RolloutStrategy;
  /** Whether every slot is made anew; else those that are there stay. */
  isAnew: boolean;
  /** Of a stop: milliseconds until tasks that still run are handed back. */
  drainMs?: number;
}

/** How long a request waits for the operation before it, milliseconds: most are over sooner. */
const patienceMs = 2_000;
const inService = ['deploying', 'running', 'degraded'];

/**
 * Brings agents into service and out of it, one operation at a time. What can be done at once is done in the request's
 * own transaction: slots of this process are ready as soon as they are wanted. What takes time (other workers' slots,
 * tasks that run on) is `in_progress`, and the controllers of the workers move it on.
 */
export class DeploymentService {
  readonly #context: ServiceContext;
  readonly #home: SlotHome;
  readonly #watch: AgentWatch | undefined;

  constructor(context: ServiceContext, home: SlotHome = aloneHome, watch?: AgentWatch) {
    this.#context = context;
    this.#home = home;
    this.#watch = watch;
  }

  /**
   * Waits a moment for the operation that is under way, before the transaction of the next: calls in a row need no
   * waiting between them. Whether the agent is free then is for the operation itself to see.
   */
  async patience(scope: TenantScope, agentId: string, signal: AbortSignal): Promise<void> {
    const isFree = async () => (await openDeployment(scope, agentId)) === undefined;
    await this.#watch?.until(agentId, isFree, (free) => free, { waitMs: patienceMs, signal });
  }

  /**
   * Brings the newest version into service.
   *
   * @throws {Failure} `agent.not_found`, `controller.busy`, `provider_not_configured`, `provider_unsupported`
   */
  async deploy(scope: TenantWriteScope, agentId: string, input: DeployAgentInput): Promise<Deployment> {
    const agent = await this.#free(scope, agentId);
    this.#checkProvider(agentId, storedConfig(agent));
    const replicas = input.replicas ?? (await lastReplicas(scope, agent));
    const { strategy = 'rolling' } = input;
    return this.#begin(scope, agent, { reason: 'deploy', version: agent.version, replicas, strategy, isAnew: true });
  }

  /** To 0: the agent stays in service and its tasks stay queued. @throws {Failure} as {@link stop} */
  async scale(scope: TenantWriteScope, agentId: string, input: ScaleAgentInput): Promise<Deployment> {
    const { agent, version } = deployed(await this.#free(scope, agentId), inService);
    const { desiredReplicas: replicas, strategy = 'rolling' } = input;
    return this.#begin(scope, agent, { reason: 'scale', version, replicas, strategy, isAnew: false });
  }

  /**
   * Takes the agent out of service: nothing new starts, what runs has `drainSeconds` to end, and is handed back then.
   * Queued tasks stay queued.
   *
   * @throws {Failure} `agent.not_found`, `agent.not_deployed`, `controller.busy`
   */
  async stop(scope: TenantWriteScope, agentId: string, { drainSeconds = 30 }: StopAgentInput): Promise<Deployment> {
    const { agent, version } = deployed(await this.#free(scope, agentId), [...inService, 'stopped', 'failed']);
    const drainMs = Math.round(drainSeconds * 1_000);
    return this.#begin(scope, agent, {
      reason: 'stop',
      version,
      replicas: 0,
      strategy: 'immediate',
      isAnew: false,
      drainMs,
    });
  }

  /** A stopped agent starts again with its last replicas. @throws {Failure} as {@link stop} */
  async restart(scope: TenantWriteScope, agentId: string, input: RestartAgentInput): Promise<Deployment> {
    const { agent, version } = deployed(await this.#free(scope, agentId), [...inService, 'stopped', 'failed']);
    const { strategy = 'rolling' } = input;
    const isOut = agent.status === 'stopped' || agent.status === 'failed';
    const replicas = isOut ? await lastReplicas(scope, agent) : agent.desired_replicas;
    return this.#begin(scope, agent, { reason: 'restart', version, replicas, strategy, isAnew: true });
  }

  /** To a version, or the one before. @throws {Failure} as {@link deploy}, `agent.not_deployed`, `agent_version.not_found` */
  async rollback(scope: TenantWriteScope, agentId: string, input: RollbackAgentInput): Promise<Deployment> {
    const { agent, version: current } = deployed(await this.#free(scope, agentId), [...inService, 'failed']);
    const version = input.toVersion ?? current - 1;
    const known = await scope
      .agentVersions()
      .select('config')
      .where('agent_id', '=', agentId)
      .where('version', '=', version)
      .executeTakeFirst();
    if (known === undefined) {
      throw new Failure('agent_version.not_found', `Agent ${agentId} has no version ${version}.`, {
        resource: 'agent_version',
        resourceId: String(version),
        hint: `Versions go from 1 to ${agent.version}; version ${current} is in service.`,
      });
    }
    this.#checkProvider(agentId, storedConfig(known));
    const replicas = agent.status === 'failed' ? await lastReplicas(scope, agent) : agent.desired_replicas;
    return this.#begin(scope, agent, { reason: 'rollback', version, replicas, strategy: 'rolling', isAnew: true });
  }

  /** Newest first. @throws {Failure} `agent.not_found` */
  async list(scope: TenantScope, agentId: string, query: ListQuery): Promise<PaginatedResponse<Deployment>> {
    await findAgent(scope, agentId);
    const all = () => scope.deployments().where('agent_id', '=', agentId);
    return readPage(
      query,
      {
        rows: ({ before, offset, limit }) => {
          const deployments = before === undefined ? all() : all().where('id', '<', before);
          return deployments.selectAll().orderBy('id', 'desc').limit(limit).offset(offset).execute();
        },
        count: async () =>
          (
            await all()
              .select(({ fn }) => fn.countAll<number>().as('count'))
              .executeTakeFirstOrThrow()
          ).count,
      },
      toDeployment,
    );
  }

  /**
   * Reads a deployment; with `wait`, holds until its version is above the caller's, or its end, or the time is up.
   *
   * @throws {Failure} `agent.not_found`, `deployment.not_found`
   */
  async getById(
    scope: TenantScope,
    agentId: string,
    deploymentId: string,
    query: { wait?: number; version?: number } = {},
    signal: () => AbortSignal = () => AbortSignal.abort(),
  ): Promise<Deployment> {
    await findAgent(scope, agentId);
    const look = () => findDeployment(scope, agentId, deploymentId);
    const row = await look();
    if (query.wait === undefined || query.wait === 0 || this.#watch === undefined) return toDeployment(row);
    const known = query.version ?? row.version;
    const isNews = (seen: DeploymentRow) => seen.status !== 'in_progress' || seen.version > known;
    const limits = { waitMs: query.wait * 1_000, signal: signal() };
    return toDeployment(await this.#watch.until(agentId, look, isNews, limits));
  }

  #checkProvider(agentId: string, config: StoredAgentConfig): void {
    const problem = this.#context.gateway.checkProvider(config.modelProvider, config.modelConfig);
    if (problem === null) return;
    throw new Failure(problem.code, problem.message, { hint: problem.hint, resource: 'agent', resourceId: agentId });
  }

  /** The agent, held for this transaction. @throws {Failure} `agent.not_found`, `controller.busy` */
  async #free(scope: TenantWriteScope, agentId: string): Promise<AgentRow> {
    const agent = await lockAgent(scope, agentId);
    if (agent === undefined) throw notFound('agent', agentId);
    const open = await openDeployment(scope, agentId);
    if (open === undefined) return agent;
    throw new Failure('controller.busy', `A ${open.reason} of agent ${agentId} is under way: ${open.id}.`, {
      resource: 'agent',
      resourceId: agentId,
      retryAfterSeconds: retryAfterSeconds(open, this.#context.now()),
      hint: 'Wait for that deployment to end, then try again.',
    });
  }

  async #begin(scope: TenantWriteScope, agent: AgentRow, operation: Operation): Promise<Deployment> {
    const now = this.#context.now();
    const { reason, version, replicas, strategy, isAnew, drainMs } = operation;
    await this.#context.quotas.checkReplicas(scope, agent, replicas);
    const id = newId('dep', now);
    const generation = isAnew ? id : agent.generation;
    const row: DeploymentRow = {
      id,
      tenant_id: scope.tenantId,
      agent_id: agent.id,
      agent_version: version,
      reason,
      status: 'in_progress',
      strategy,
      previous_replicas: agent.desired_replicas,
      desired_replicas: replicas,
      ready_replicas: agent.ready_replicas,
      error: null,
      version: 1,
      started_at: now,
      finished_at: null,
      generation,
      previous_version: agent.deployed_version,
      previous_generation: agent.generation,
      drain_until: drainMs === undefined ? null : now + drainMs,
    };
    await scope.insertDeployment(row);
    scope.addEvents([deploymentEvent(toDeployment(row), now)]);
    await scope.updateAgents().set({ desired_replicas: replicas, generation }).where('id', '=', agent.id).execute();
    const advanced = await advanceAgent(scope, agent.id, this.#home, now);
    return toDeployment(advanced?.deployment ?? row);
  }
}

/** @throws {Failure} `agent.not_deployed` */
function deployed(agent: AgentRow, statuses: readonly string[]): { agent: AgentRow; version: number } {
  if (agent.deployed_version !== null && statuses.includes(agent.status)) {
    return { agent, version: agent.deployed_version };
  }
  throw new Failure('agent.not_deployed', `Agent ${agent.id} is ${agent.status}, expected ${statuses.join(' or ')}.`, {
    resource: 'agent',
    resourceId: agent.id,
    hint: 'Deploy the agent first: POST /v1/agents/:agentId/deploy.',
  });
}

/** What drains is over by its deadline; the rest takes moments. */
function retryAfterSeconds({ drain_until }: DeploymentRow, now: number): number {
  return drain_until === null ? 1 : Math.max(1, Math.ceil((drain_until - now) / 1_000));
}

/** @throws {Failure} `deployment.not_found` */
async function findDeployment(scope: TenantScope, agentId: string, deploymentId: string): Promise<DeploymentRow> {
  const row = await scope
    .deployments()
    .selectAll()
    .where('agent_id', '=', agentId)
    .where('id', '=', deploymentId)
    .executeTakeFirst();
  if (row === undefined) throw notFound('deployment', deploymentId);
  return row;
}

/** What the agent has, or had when it was last in service. By the index deployments_by_agent. */
async function lastReplicas(scope: TenantScope, agent: AgentRow): Promise<number> {
  if (agent.desired_replicas > 0) return agent.desired_replicas;
  const last = await scope
    .deployments()
    .select('desired_replicas')
    .where('agent_id', '=', agent.id)
    .where('desired_replicas', '>', 0)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last?.desired_replicas ?? 1;
}

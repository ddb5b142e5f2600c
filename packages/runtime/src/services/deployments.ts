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
import type { AgentRow } from '../store/schema.ts';
import { changeAgent, findAgent } from './agents.ts';
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
  status: 'running' | 'stopped';
  version: number;
  replicas: number;
  strategy: RolloutStrategy;
}

/**
 * Brings agents into service and out of it. The slots of the embedded home are in this process and ready at once, so an
 * operation has succeeded when its transaction is committed.
 *
 *   draft --deploy--> running --scale, restart, rollback, deploy--> running --stop--> stopped --deploy--> running
 */
export class DeploymentService {
  readonly #context: ServiceContext;

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  /**
   * Brings the newest version into service.
   *
   * @throws {Failure} `agent.not_found`, `provider_not_configured`, `provider_unsupported`
   */
  async deploy(scope: TenantWriteScope, agentId: string, input: DeployAgentInput): Promise<Deployment> {
    const agent = await findAgent(scope, agentId);
    this.#checkProvider(agentId, storedConfig(agent));
    const replicas = input.replicas ?? (await lastReplicas(scope, agent));
    const { strategy = 'rolling' } = input;
    return this.#apply(scope, agent, {
      reason: 'deploy',
      status: 'running',
      version: agent.version,
      replicas,
      strategy,
    });
  }

  /** To 0: the agent stays in service and its tasks stay queued. @throws {Failure} `agent.not_found`, `agent.not_deployed` */
  async scale(scope: TenantWriteScope, agentId: string, input: ScaleAgentInput): Promise<Deployment> {
    const { agent, version } = await findDeployed(scope, agentId);
    const { desiredReplicas: replicas, strategy = 'rolling' } = input;
    return this.#apply(scope, agent, { reason: 'scale', status: 'running', version, replicas, strategy });
  }

  /** Running tasks end, queued ones stay queued. @throws {Failure} `agent.not_found`, `agent.not_deployed` */
  async stop(scope: TenantWriteScope, agentId: string, _input: StopAgentInput): Promise<Deployment> {
    const { agent, version } = await findDeployed(scope, agentId, ['running', 'stopped']);
    return this.#apply(scope, agent, { reason: 'stop', status: 'stopped', version, replicas: 0, strategy: 'rolling' });
  }

  /** A stopped agent starts again with its last replicas. @throws {Failure} `agent.not_found`, `agent.not_deployed` */
  async restart(scope: TenantWriteScope, agentId: string, input: RestartAgentInput): Promise<Deployment> {
    const { agent, version } = await findDeployed(scope, agentId, ['running', 'stopped']);
    const { strategy = 'rolling' } = input;
    const replicas = agent.status === 'stopped' ? await lastReplicas(scope, agent) : agent.desired_replicas;
    return this.#apply(scope, agent, { reason: 'restart', status: 'running', version, replicas, strategy });
  }

  /** To a version, or the one before. @throws {Failure} as {@link deploy}, `agent.not_deployed`, `agent_version.not_found` */
  async rollback(scope: TenantWriteScope, agentId: string, input: RollbackAgentInput): Promise<Deployment> {
    const { agent, version: current } = await findDeployed(scope, agentId);
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
    const replicas = agent.desired_replicas;
    return this.#apply(scope, agent, { reason: 'rollback', status: 'running', version, replicas, strategy: 'rolling' });
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

  /** @throws {Failure} `agent.not_found`, `deployment.not_found` */
  async getById(scope: TenantScope, agentId: string, deploymentId: string): Promise<Deployment> {
    await findAgent(scope, agentId);
    const row = await scope
      .deployments()
      .selectAll()
      .where('agent_id', '=', agentId)
      .where('id', '=', deploymentId)
      .executeTakeFirst();
    if (row === undefined) throw notFound('deployment', deploymentId);
    return toDeployment(row);
  }

  #checkProvider(agentId: string, config: StoredAgentConfig): void {
    const problem = this.#context.gateway.checkProvider(config.modelProvider, config.modelConfig);
    if (problem === null) return;
    throw new Failure(problem.code, problem.message, { hint: problem.hint, resource: 'agent', resourceId: agentId });
  }

  async #apply(scope: TenantWriteScope, agent: AgentRow, operation: Operation): Promise<Deployment> {
    const now = this.#context.now();
    await changeAgent(scope, agent, {
      status: operation.status,
      deployed_version: operation.version,
      desired_replicas: operation.replicas,
      updated_at: now,
    });
    const row = {
      id: newId('dep', now),
      agent_id: agent.id,
      agent_version: operation.version,
      reason: operation.reason,
      status: 'succeeded',
      strategy: operation.strategy,
      previous_replicas: agent.desired_replicas,
      desired_replicas: operation.replicas,
      ready_replicas: operation.replicas,
      error: null,
      version: 1,
      started_at: now,
      finished_at: now,
    };
    await scope.insertDeployment(row);
    scope.wake();
    return toDeployment({ ...row, tenant_id: scope.tenantId });
  }
}

async function findDeployed(
  scope: TenantScope,
  agentId: string,
  statuses: readonly string[] = ['running'],
): Promise<{ agent: AgentRow; version: number }> {
  const agent = await findAgent(scope, agentId);
  if (agent.deployed_version !== null && statuses.includes(agent.status)) {
    return { agent, version: agent.deployed_version };
  }
  throw new Failure('agent.not_deployed', `Agent ${agentId} is ${agent.status}, expected ${statuses.join(' or ')}.`, {
    resource: 'agent',
    resourceId: agentId,
    hint: 'Deploy the agent first: POST /v1/agents/:agentId/deploy.',
  });
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

import type {
  Agent,
  AgentConfig,
  AgentLimits,
  CreateAgentInput,
  ListAgentsQuery,
  UpdateAgentInput,
} from '@runctl/agents';
import type { PaginatedResponse, WireQuery } from '@runctl/core';
import { sql } from 'kysely';
import type { AgentRow } from '../store/schema.ts';
import type { ToolSettings } from '../tools/tool.ts';
import { checkMembers } from './check-agent-members.ts';
import { lockAgent } from './deployments/advance-agent.ts';
import { agentStatusEvent } from './events/agent-events.ts';
import { Failure, invalid, notFound } from './failure.ts';
import { newId } from './ids.ts';
import { labelled } from './labels.ts';
import { listOf } from './list-of.ts';
import { readPage } from './page.ts';
import type { ServiceContext } from './service-context.ts';
import { refuseTeamMember } from './teams/check-team-members.ts';
import type { TenantScope, TenantWriteScope } from './tenant-scope.ts';
import { type StoredAgentConfig, storedConfig, toAgent } from './wire/agent.ts';
import { parseStored } from './wire/stored-json.ts';

const defaultLimits: AgentLimits = {
  maxSteps: 20,
  taskTimeoutSeconds: 600,
  maxCostUsdPerTask: null,
  actionTimeoutSeconds: null,
};
/** Statuses in which an agent has, or is about to have, instances. */
const inService: readonly string[] = ['deploying', 'running', 'degraded', 'stopping'];

/** Agents: their configuration and its versions. */
export class AgentService {
  readonly #context: ServiceContext;

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  /** @throws {Failure} `request.invalid`, `agent.tool_target_unsupported`, `agent.reference_unknown` */
  async create(scope: TenantWriteScope, input: CreateAgentInput): Promise<Agent> {
    const config = withDefaults(input);
    await this.#check(scope, config);
    await this.#context.quotas.checkAgents(scope);
    const now = this.#context.now();
    const id = newId('agt', now);
    const row = {
      id,
      name: config.name,
      type: config.type,
      status: 'draft',
      version: 1,
      deployed_version: null,
      desired_replicas: 0,
      ready_replicas: 0,
      generation: '',
      config: JSON.stringify(config),
      search_text: searchText(config),
      created_at: now,
      updated_at: now,
      deleted_at: null,
    };
    await scope.insertAgent(row);
    await scope.insertAgentVersion({ agent_id: id, version: 1, config: row.config, created_at: now });
    await scope.insertLabels(id, config.labels);
    const agent = toAgent({ ...row, tenant_id: scope.tenantId });
    scope.addEvents([agentStatusEvent(agent, now)]);
    return agent;
  }

  /** @throws {Failure} `agent.not_found` */
  async getById(scope: TenantScope, agentId: string): Promise<Agent> {
    return toAgent(await findAgent(scope, agentId));
  }

  /** Newest first. */
  list(scope: TenantScope, query: WireQuery<ListAgentsQuery>): Promise<PaginatedResponse<Agent>> {
    const statuses = listOf(query.status);
    const labels = Object.entries(query.label ?? {});
    const filtered = () => {
      let agents = scope.agents();
      if (statuses.length > 0) agents = agents.where('status', 'in', statuses);
      if (query.type !== undefined) agents = agents.where('type', '=', query.type);
      if (query.search !== undefined)
        agents = agents.where(sql<boolean>`search_text LIKE ${containing(query.search)} ESCAPE '\\'`);
      for (const [label, value] of labels) agents = agents.where('id', 'in', labelled(scope, label, value));
      return agents;
    };
    return readPage(
      query,
      {
        rows: ({ before, offset, limit }) => {
          const agents = before === undefined ? filtered() : filtered().where('id', '<', before);
          return agents.selectAll().orderBy('id', 'desc').limit(limit).offset(offset).execute();
        },
        count: async () =>
          (
            await filtered()
              .select(({ fn }) => fn.countAll<number>().as('count'))
              .executeTakeFirstOrThrow()
          ).count,
      },
      toAgent,
    );
  }

  /**
   * Makes the next version. What is left out stays; within `limits` too. What runs keeps its version until it is
   * deployed anew.
   *
   * @throws {Failure} `agent.not_found`, `version.mismatch`, and what {@link create} throws
   */
  async update(scope: TenantWriteScope, agentId: string, input: UpdateAgentInput, ifMatch?: number): Promise<Agent> {
    const row = await holdAgent(scope, agentId);
    if (ifMatch !== undefined && ifMatch !== row.version) {
      throw new Failure('version.mismatch', `Agent ${agentId} is at version ${row.version}, expected ${ifMatch}.`, {
        resource: 'agent',
        resourceId: agentId,
        hint: 'Read the agent again, apply your change to what it is now, and send its version as If-Match.',
      });
    }
    const current = storedConfig(row);
    const config = withDefaults({ ...current, ...input, limits: { ...current.limits, ...input.limits } });
    await this.#check(scope, config);
    const now = this.#context.now();
    const next: AgentRow = {
      ...row,
      name: config.name,
      type: config.type,
      version: row.version + 1,
      config: JSON.stringify(config),
      search_text: searchText(config),
      updated_at: now,
    };
    await changeAgent(scope, agentId, {
      name: next.name,
      type: next.type,
      version: next.version,
      config: next.config,
      search_text: next.search_text,
      updated_at: now,
    });
    await scope.insertAgentVersion({ agent_id: agentId, version: next.version, config: next.config, created_at: now });
    if (input.labels !== undefined) await scope.replaceLabels(agentId, config.labels);
    const agent = toAgent(next);
    scope.addEvents([agentStatusEvent(agent, now)]);
    return agent;
  }

  /**
   * Its tasks and their traces stay.
   *
   * @throws {Failure} `agent.not_found`, `agent.running`, `agent.in_use`, `agent.has_open_tasks`
   */
  async delete(scope: TenantWriteScope, agentId: string): Promise<{ id: Agent['id']; deleted: true }> {
    const row = await holdAgent(scope, agentId);
    if (inService.includes(row.status)) {
      throw new Failure('agent.running', `Agent ${agentId} is ${row.status}.`, {
        resource: 'agent',
        resourceId: agentId,
        hint: 'Stop the agent first: POST /v1/agents/:agentId/stop.',
      });
    }
    await refuseTeamMember(scope, agentId);
    const open = await scope
      .tasks()
      .select('id')
      .where('agent_id', '=', agentId)
      .where('status', 'in', ['scheduled', 'queued', 'running', 'waiting'])
      .executeTakeFirst();
    if (open !== undefined) {
      throw new Failure('agent.has_open_tasks', `Task ${open.id} of agent ${agentId} has not ended.`, {
        resource: 'agent',
        resourceId: agentId,
        hint: 'Cancel the tasks of the agent, or deploy it so that they end.',
      });
    }
    await scope.replaceLabels(agentId, {});
    await changeAgent(scope, agentId, { deleted_at: this.#context.now() });
    return { id: row.id as Agent['id'], deleted: true };
  }

  /** What only the runtime can know: loops, providers, tools, members. */
  async #check(scope: TenantWriteScope, config: StoredAgentConfig): Promise<void> {
    if (!this.#context.isAgentTypeSupported(config.type)) {
      const message = `This version of the runtime has no loop for agents of type ${config.type}.`;
      throw invalid([{ path: '/type', code: 'agent.type_unsupported', message }]);
    }
    // A key or an address may come later, up to the deploy; a provider does not.
    const problem = this.#context.gateway.checkProvider(config.modelProvider, config.modelConfig);
    if (problem?.code === 'provider_unsupported') {
      throw invalid([{ path: '/modelProvider', code: problem.code, message: `${problem.message} ${problem.hint}` }]);
    }
    const toolIssues = this.#context.tools.check(config.tools, await toolSettings(scope));
    if (toolIssues.length > 0) {
      const unsupported = 'agent.tool_target_unsupported';
      const isUnsupported = toolIssues.some(({ code }) => code === unsupported);
      throw invalid(toolIssues, isUnsupported ? unsupported : 'request.invalid');
    }
    await checkMembers(scope, config);
  }
}

/** @throws {Failure} `agent.not_found` */
export async function findAgent(scope: TenantScope, agentId: string): Promise<AgentRow> {
  const row = await scope.agents().selectAll().where('id', '=', agentId).executeTakeFirst();
  if (row === undefined) throw notFound('agent', agentId);
  return row;
}

/** The agent, which nobody else changes until this transaction ends. @throws {Failure} `agent.not_found` */
async function holdAgent(scope: TenantWriteScope, agentId: string): Promise<AgentRow> {
  const row = await lockAgent(scope, agentId);
  if (row === undefined) throw notFound('agent', agentId);
  return row;
}

async function changeAgent(scope: TenantWriteScope, agentId: string, change: Partial<AgentRow>): Promise<void> {
  await scope.updateAgents().set(change).where('id', '=', agentId).execute();
}

function withDefaults(input: AgentConfig): StoredAgentConfig {
  return {
    name: input.name,
    description: input.description ?? null,
    type: input.type,
    modelProvider: input.modelProvider,
    model: input.model,
    modelConfig: input.modelConfig ?? {},
    systemPrompt: input.systemPrompt,
    tools: input.tools ?? [],
    resources: input.resources ?? {},
    limits: { ...defaultLimits, ...input.limits },
    members: input.members ?? [],
    rubric: input.rubric ?? [],
    metadata: input.metadata ?? {},
    labels: input.labels ?? {},
  };
}

async function toolSettings(scope: TenantScope): Promise<ToolSettings> {
  const { settings } = await scope.tenant().select('settings').executeTakeFirstOrThrow();
  const { skillAllowlist = null, customToolUrlPrefixes = null } = parseStored<Partial<ToolSettings>>(settings);
  return { skillAllowlist, customToolUrlPrefixes };
}

function searchText(config: StoredAgentConfig): string {
  return `${config.name}\n${config.description ?? ''}`.toLowerCase();
}

function containing(text: string): string {
  return `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
}

import type { Agent, AgentEvent, AgentInstance, Deployment } from '@runctl/agents';
import type { EventRow, NewEventRow } from '../../store/event-row.ts';
import { notFound } from '../failure.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { storedConfig } from '../wire/agent.ts';
import { formatTimestamp } from '../wire/format-timestamp.ts';
import { parseStored } from '../wire/stored-json.ts';
import { eventId } from './event-id.ts';
import type { EventSubject } from './event-subject.ts';

/** An event before it has its tenant and its place. */
type Unowned = Omit<NewEventRow, 'tenant_id'>;

/** What an agent's event keeps: its configuration stands with its version. */
type StoredAgent = Pick<Agent, 'status' | 'version' | 'replicas' | 'resourceEnforcement' | 'updatedAt'>;

/** The event of an agent that came into another status, another version, or to other replicas. */
export function agentStatusEvent(agent: Agent, now: number): Unowned {
  const { status, version, replicas, resourceEnforcement, updatedAt } = agent;
  const stored: StoredAgent = { status, version, replicas, resourceEnforcement, updatedAt };
  return event(agent.id, 'agent.status', stored, now);
}

/** The event of a deployment that began, went on or ended. */
export function deploymentEvent(deployment: Deployment, now: number): Unowned {
  return event(deployment.agentId, 'deployment.updated', deployment, now);
}

/** The event of an instance that came, changed or went. */
export function instanceEvent(agentId: string, instance: AgentInstance, now: number): Unowned {
  return event(agentId, 'instance.updated', instance, now);
}

function event(agentId: string, type: AgentEvent['type'], data: object, now: number): Unowned {
  return { subject_id: agentId, type, step: null, data: JSON.stringify(data), created_at: now };
}

/** Agents. Their events go on as long as they are there. */
export const agentEvents: EventSubject<AgentEvent> = {
  find: async (scope, agentId) => {
    await findAgent(scope, agentId);
  },
  compose,
  isLast: () => false,
};

async function compose(scope: TenantScope, agentId: string, rows: readonly EventRow[]): Promise<AgentEvent[]> {
  const agent = await findAgent(scope, agentId);
  const configs = await readConfigs(scope, agentId, rows);
  return rows.map((row) => {
    const { seq, type, created_at } = row;
    const data = type === 'agent.status' ? agentAt(agent, configs, row) : parseStored(row.data ?? 'null');
    const composed = { id: eventId(agentId, seq), agentId, createdAt: formatTimestamp(created_at), type, data };
    // A type and its data were stored together.
    return composed as unknown as AgentEvent;
  });
}

type FoundAgent = Awaited<ReturnType<typeof findAgent>>;

async function findAgent(scope: TenantScope, agentId: string) {
  const columns = ['id', 'tenant_id', 'created_at', 'config'] as const;
  const row = await scope.agents().select(columns).where('id', '=', agentId).executeTakeFirst();
  if (row === undefined) throw notFound('agent', agentId);
  return row;
}

function agentAt(agent: FoundAgent, configs: ReadonlyMap<number, { config: string }>, row: EventRow): Agent {
  const stored = parseStored<StoredAgent>(row.data ?? '{}');
  return {
    ...storedConfig(configs.get(stored.version) ?? agent),
    id: agent.id as Agent['id'],
    tenantId: agent.tenant_id as Agent['tenantId'],
    createdAt: formatTimestamp(agent.created_at),
    ...stored,
  };
}

async function readConfigs(scope: TenantScope, agentId: string, rows: readonly EventRow[]) {
  const named = rows.filter(({ type }) => type === 'agent.status');
  const versions = [...new Set(named.map(({ data }) => parseStored<StoredAgent>(data ?? '{}').version))];
  if (versions.length === 0) return new Map<number, { config: string }>();
  const found = await scope
    .agentVersions()
    .select(['version', 'config'])
    .where('agent_id', '=', agentId)
    .where('version', 'in', versions)
    .execute();
  return new Map(found.map((row) => [row.version, row]));
}

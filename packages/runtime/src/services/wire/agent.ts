import type { Agent } from '@runctl/agents';
import type { AgentRow } from '../../store/schema.ts';
import { formatTimestamp } from './format-timestamp.ts';
import { parseStored } from './stored-json.ts';

/** An agent's configuration with every default filled in: what the column `config` holds. */
export type StoredAgentConfig = Pick<
  Agent,
  | 'name'
  | 'description'
  | 'type'
  | 'modelProvider'
  | 'model'
  | 'modelConfig'
  | 'systemPrompt'
  | 'tools'
  | 'resources'
  | 'limits'
  | 'members'
  | 'rubric'
  | 'metadata'
  | 'labels'
>;

/** The configuration that a row holds. */
export function storedConfig(row: { config: string }): StoredAgentConfig {
  return parseStored<StoredAgentConfig>(row.config);
}

/** An agent as it travels. */
export function toAgent(row: AgentRow): Agent {
  return {
    ...storedConfig(row),
    id: row.id as Agent['id'],
    tenantId: row.tenant_id as Agent['tenantId'],
    status: row.status as Agent['status'],
    version: row.version,
    replicas: { desired: row.desired_replicas, ready: row.ready_replicas },
    resourceEnforcement: 'advisory',
    createdAt: formatTimestamp(row.created_at),
    updatedAt: formatTimestamp(row.updated_at),
  };
}

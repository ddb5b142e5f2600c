import type { AgentTeam } from '@runctl/teams';
import type { TeamRow } from '../../store/team-rows.ts';
import { formatTimestamp } from './format-timestamp.ts';
import { parseStored } from './stored-json.ts';

/** A team's configuration with every default filled in: what the column `config` holds. */
export type StoredTeamConfig = Pick<AgentTeam, 'name' | 'description' | 'members' | 'strategy' | 'metadata' | 'labels'>;

/** The configuration that a row holds. */
export function storedTeamConfig(row: { config: string }): StoredTeamConfig {
  return parseStored<StoredTeamConfig>(row.config);
}

/** A team as it travels. */
export function toTeam(row: TeamRow, status: AgentTeam['status']): AgentTeam {
  return {
    ...storedTeamConfig(row),
    id: row.id as AgentTeam['id'],
    tenantId: row.tenant_id as AgentTeam['tenantId'],
    status,
    version: row.version,
    createdAt: formatTimestamp(row.created_at),
    updatedAt: formatTimestamp(row.updated_at),
  };
}

import type { Deployment } from '@runctl/agents';
import type { DeploymentRow } from '../../store/schema.ts';
import { formatTimestamp, formatTimestampOrNull } from './format-timestamp.ts';
import { parseStoredOrNull } from './stored-json.ts';

/** A deployment as it travels. */
export function toDeployment(row: DeploymentRow): Deployment {
  return {
    id: row.id as Deployment['id'],
    agentId: row.agent_id as Deployment['agentId'],
    agentVersion: row.agent_version,
    reason: row.reason as Deployment['reason'],
    status: row.status as Deployment['status'],
    strategy: row.strategy as Deployment['strategy'],
    replicas: { previous: row.previous_replicas, desired: row.desired_replicas, ready: row.ready_replicas },
    error: parseStoredOrNull<NonNullable<Deployment['error']>>(row.error),
    version: row.version,
    startedAt: formatTimestamp(row.started_at),
    finishedAt: formatTimestampOrNull(row.finished_at),
  };
}

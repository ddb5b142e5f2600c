import type { AgentInstance } from '@runctl/agents';
import type { InstanceRow } from '../../store/service-rows.ts';
import { formatTimestamp } from './format-timestamp.ts';

/** An instance as it travels. A ready one is busy while it has a task. */
export function toInstance(row: InstanceRow): AgentInstance {
  const status = row.status === 'ready' && row.current_task_id !== null ? 'busy' : row.status;
  return {
    id: row.id as AgentInstance['id'],
    agentId: row.agent_id as AgentInstance['agentId'],
    agentVersion: row.agent_version,
    status: status as AgentInstance['status'],
    workerId: row.worker_id,
    host: row.host,
    currentTaskId: row.current_task_id,
    completedTasks: row.completed_tasks,
    failedTasks: row.failed_tasks,
    restarts: row.restarts,
    startedAt: formatTimestamp(row.started_at),
    lastHeartbeatAt: formatTimestamp(row.heartbeat_at),
  };
}

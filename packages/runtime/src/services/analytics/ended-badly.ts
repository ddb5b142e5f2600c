import type { TaskError } from '@runctl/tasks';
import type { TaskRow } from '../../store/schema.ts';
import type { Span } from '../period-window.ts';
import type { TenantScope } from '../tenant-scope.ts';

/** Failed and cancelled tasks that analytics look at, the newest. */
const mostTasks = 5_000;

/** A task that failed or was cancelled. */
export interface BadEnd {
  id: string;
  status: 'failed' | 'cancelled';
  version: number | null;
  costMicroUsd: number | null;
  error: TaskError | null;
}

/** An agent's tasks that came to nothing in a window, newest first; simulated ones left out. By tasks_finished. */
export async function badEnds(scope: TenantScope, agentId: string, window: Span): Promise<BadEnd[]> {
  const rows = await scope
    .tasks()
    .select(['id', 'status', 'agent_version', 'cost_microusd', 'error'])
    .where('finished_at', '>=', window.from)
    .where('finished_at', '<', window.to)
    .where('status', 'in', ['failed', 'cancelled'])
    .where('agent_id', '=', agentId)
    .where('simulated', '=', 0)
    .orderBy('finished_at', 'desc')
    .limit(mostTasks)
    .execute();
  return rows.map(toBadEnd);
}

function toBadEnd(row: Pick<TaskRow, 'id' | 'status' | 'agent_version' | 'cost_microusd' | 'error'>): BadEnd {
  return {
    id: row.id,
    status: row.status === 'failed' ? 'failed' : 'cancelled',
    version: row.agent_version,
    costMicroUsd: row.cost_microusd,
    error: row.error === null ? null : (JSON.parse(row.error) as TaskError),
  };
}

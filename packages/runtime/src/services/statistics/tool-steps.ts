import { sql } from 'kysely';
import type { TaskRow } from '../../store/schema.ts';
import type { Span } from '../period-window.ts';
import type { TenantScope } from '../tenant-scope.ts';

/** Tool calls that a statistic looks at, the newest: enough for any rate, bounded for any tenant. */
const mostCalls = 10_000;
/** Ids of one statement, which may have so many parameters only. */
const idsAtOnce = 500;

/** A tool call that was made. */
export interface ToolStep {
  taskId: string;
  name: string;
  hasFailed: boolean;
  durationMs: number;
}

/**
 * An agent's tool calls that ended in a window, newest first: all, or those of tasks that were not simulated. By
 * steps_of_tools, and for each the task by primary key.
 */
export async function toolSteps(
  scope: TenantScope,
  agentId: string,
  window: Span,
  which: 'all' | 'real' = 'all',
): Promise<ToolStep[]> {
  const { tenantId } = scope;
  const rows = await scope
    .steps()
    // In the words of the index, which a parameter would not be.
    .where(sql<boolean>`kind = 'tool'`)
    .where('finished_at', '>=', window.from)
    .where('finished_at', '<', window.to)
    .where(({ exists, selectFrom }) => {
      const task = selectFrom('tasks')
        .select('tasks.id')
        .whereRef('tasks.id', '=', 'steps.task_id')
        .where('tasks.tenant_id', '=', tenantId)
        .where('tasks.agent_id', '=', agentId);
      return exists(which === 'all' ? task : task.where('tasks.simulated', '=', 0));
    })
    .select(['task_id', 'name', 'status', 'started_at', 'finished_at'])
    .orderBy('finished_at', 'desc')
    .limit(mostCalls)
    .execute();
  return rows.map(({ task_id, name, status, started_at, finished_at }) => ({
    taskId: task_id,
    name,
    hasFailed: status === 'failed',
    durationMs: Math.max((finished_at ?? started_at) - started_at, 0),
  }));
}

/** The tool calls of several spans, the newest of all; `parts` are newest first, and so is each of them. */
export function newestTools(parts: readonly ToolStep[][]): ToolStep[] {
  return parts.flat().slice(0, mostCalls);
}

/** What of a task decides whether it counts. */
export type CountedTask = Pick<TaskRow, 'id' | 'agent_id' | 'simulated' | 'cost_microusd'>;

/** Those of the tasks that are an agent's. */
export async function tasksOfAgent(
  scope: TenantScope,
  agentId: string,
  taskIds: readonly string[],
): Promise<ReadonlyMap<string, CountedTask>> {
  const distinct = [...new Set(taskIds)];
  const found = new Map<string, CountedTask>();
  for (let at = 0; at < distinct.length; at += idsAtOnce) {
    const rows = await scope
      .tasks()
      .select(['id', 'agent_id', 'simulated', 'cost_microusd'])
      .where('id', 'in', distinct.slice(at, at + idsAtOnce))
      .execute();
    for (const row of rows) if (row.agent_id === agentId) found.set(row.id, row);
  }
  return found;
}

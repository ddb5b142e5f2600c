import { sql } from 'kysely';
import type { TaskRow } from '../../store/schema.ts';
import type { Span } from '../period-window.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { Durations } from './durations.ts';
import { joined, tookOf } from './hour-sums.ts';

/** Ids of one statement, which may have so many parameters only. */
const idsAtOnce = 500;

/** What the calls of a tool come to. */
export interface ToolTotals {
  name: string;
  calls: number;
  errors: number;
  durations: Durations;
}

/** From the rows. By steps_of_tools, and for each the task by primary key. */
export async function totalTools(
  scope: TenantScope,
  agentId: string,
  window: Span,
  which: 'all' | 'real',
): Promise<ToolTotals[]> {
  const rows = await callsOf(scope, agentId, window, which)
    .select([
      'name',
      sql<number>`count(*)`.as('calls'),
      sql<number>`count(*) FILTER (WHERE steps.status = 'failed')`.as('errors'),
      joined(tookOf).as('durations'),
    ])
    .groupBy('name')
    .execute();
  return rows.map((row) => ({ ...row, durations: Durations.read(row.durations) }));
}

/** The tools of several spans as one, most called first. */
export function mergeTools(parts: readonly ToolTotals[][]): ToolTotals[] {
  const byName = new Map<string, ToolTotals[]>();
  for (const tool of parts.flat()) byName.set(tool.name, [...(byName.get(tool.name) ?? []), tool]);
  const tools = [...byName].map(([name, own]) => ({
    name,
    calls: own.reduce((sum, { calls }) => sum + calls, 0),
    errors: own.reduce((sum, { errors }) => sum + errors, 0),
    durations: Durations.merge(own.map(({ durations }) => durations)),
  }));
  return tools.sort((a, b) => b.calls - a.calls || (a.name < b.name ? -1 : 1));
}

/** Tasks of an agent in which a tool failed, newest first; simulated ones left out. By steps_of_tools. */
export async function tasksWithFailedTool(
  scope: TenantScope,
  agentId: string,
  window: Span,
  { name, most }: { name: string; most: number },
): Promise<string[]> {
  const rows = await callsOf(scope, agentId, window, 'real')
    .where('name', '=', name)
    .where('steps.status', '=', 'failed')
    .select('task_id')
    .orderBy('finished_at', 'desc')
    .limit(most)
    .execute();
  return rows.map(({ task_id }) => task_id);
}

/** Of each of the tasks in which a tool failed: the last that did. By primary key. */
export async function lastFailedTools(
  scope: TenantScope,
  taskIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (let at = 0; at < taskIds.length; at += idsAtOnce) {
    const rows = await scope
      .steps()
      .select(['task_id', 'name'])
      .where('task_id', 'in', taskIds.slice(at, at + idsAtOnce))
      .where('kind', '=', 'tool')
      .where('status', '=', 'failed')
      .orderBy('task_id')
      .orderBy('step')
      .execute();
    for (const { task_id, name } of rows) found.set(task_id, name);
  }
  return found;
}

function callsOf(scope: TenantScope, agentId: string, window: Span, which: 'all' | 'real') {
  return (
    scope
      .steps()
      // In the words of the index, which a parameter would not be.
      .where(sql<boolean>`kind = 'tool'`)
      .where('finished_at', '>=', window.from)
      .where('finished_at', '<', window.to)
      .where(which === 'all' ? isTaskOf(scope, agentId) : isRealTaskOf(scope, agentId))
  );
}

/** Whether a step is of a task of an agent. By primary key: a subquery with a value is never made a join of all tasks. */
function isTaskOf({ tenantId }: TenantScope, agentId: string) {
  return sql<boolean>`(SELECT agent_id FROM tasks WHERE id = steps.task_id AND tenant_id = ${tenantId}) = ${agentId}`;
}

/** The same of one that was not simulated. */
export function isRealTaskOf({ tenantId }: TenantScope, agentId: string) {
  return sql<boolean>`(
    SELECT simulated FROM tasks WHERE id = steps.task_id AND tenant_id = ${tenantId} AND agent_id = ${agentId}
  ) = 0`;
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

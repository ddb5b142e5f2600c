import type { PaginatedResponse, WireQuery } from '@runctl/core';
import type { ListTasksQuery, Task } from '@runctl/tasks';
import { isEnding } from '../store/new-events.ts';
import { countRows } from './count-rows.ts';
import { idAt } from './ids.ts';
import { labelled } from './labels.ts';
import { listOf } from './list-of.ts';
import { readPage } from './page.ts';
import type { ClosedSpans } from './statistics/closed-spans.ts';
import type { TenantScope } from './tenant-scope.ts';
import { parseTimestamp } from './wire/format-timestamp.ts';
import { toTask } from './wire/task.ts';

/** The columns that a list filters by, by the name of the filter. */
const columns = {
  agentId: 'agent_id',
  teamId: 'team_id',
  workflowId: 'workflow_id',
  batchId: 'batch_id',
  parentTaskId: 'parent_task_id',
  forkedFrom: 'forked_from_task',
} as const;

/**
 * Tasks, newest first. Walks tasks_by_tenant backwards, or the narrower index of a filter.
 *
 * @param closed Remembers how long the part of a list is that lies in the past. Default: it is counted.
 */
export function listTasks(
  scope: TenantScope,
  query: WireQuery<ListTasksQuery>,
  closed?: ClosedSpans,
): Promise<PaginatedResponse<Task>> {
  return readPage(
    query,
    {
      rows: ({ before, offset, limit }) => {
        const tasks = before === undefined ? filtered(scope, query) : filtered(scope, query).where('id', '<', before);
        return tasks.selectAll().orderBy('id', 'desc').limit(limit).offset(offset).execute();
      },
      count: () => countTasks(scope, query, closed),
    },
    toTask,
  );
}

/**
 * How many tasks a list has. No task is ever removed, so of those that were created long ago, or have ended long ago where
 * only such are asked for, there will be as many the next time. Which tasks are still under way changes.
 */
async function countTasks(
  scope: TenantScope,
  query: WireQuery<ListTasksQuery>,
  closed: ClosedSpans | undefined,
): Promise<number> {
  const tasks = filtered(scope, query);
  const statuses = listOf(query.status);
  if (closed === undefined || !statuses.every(isEnding)) return countRows(tasks);
  const { past } = closed;
  const [column, end] =
    statuses.length > 0 ? (['finished_at', past.to] as const) : (['id', idAt('tsk', past.to)] as const);
  const { page: _page, limit: _limit, ...filter } = query;
  const before = () => countRows(tasks.where(column, '<', end));
  const [known, since] = await Promise.all([
    closed.look([scope.tenantId, 'count', JSON.stringify(filter)], past, before, () => 0),
    countRows(tasks.where(column, '>=', end)),
  ]);
  return known + since;
}

function filtered(scope: TenantScope, query: WireQuery<ListTasksQuery>) {
  let tasks = scope.tasks();
  const statuses = listOf(query.status);
  if (statuses.length > 0) tasks = tasks.where('status', 'in', statuses);
  for (const name of Object.keys(columns) as (keyof typeof columns)[]) {
    const value = query[name];
    if (value !== undefined) tasks = tasks.where(columns[name], '=', value);
  }
  if (query.fromDate !== undefined) tasks = tasks.where('created_at', '>=', parseTimestamp(query.fromDate));
  if (query.toDate !== undefined) tasks = tasks.where('created_at', '<', parseTimestamp(query.toDate));
  for (const [label, value] of Object.entries(query.label ?? {})) {
    tasks = tasks.where('id', 'in', labelled(scope, label, value));
  }
  return tasks;
}

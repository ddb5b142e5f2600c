import type { PaginatedResponse, WireQuery } from '@runctl/core';
import type { ListTasksQuery, Task } from '@runctl/tasks';
import { sql } from 'kysely';
import { isEnding } from '../store/new-events.ts';
import { countRows } from './count-rows.ts';
import { idAt } from './ids.ts';
import { labelled } from './labels.ts';
import { listOf } from './list-of.ts';
import { readPage } from './page.ts';
import type { PastCounts } from './past-counts.ts';
import { countEnded } from './statistics/totals.ts';
import type { TenantScope } from './tenant-scope.ts';
import { parseTimestamp } from './wire/format-timestamp.ts';
import { toTask } from './wire/task.ts';

/** Ids are made in the order of time and never smaller than one before, so behind a clock that was set back by less than this. */
const clockSetBackMs = 60 * 60_000;

const endings = ['completed', 'failed', 'cancelled'] as const;
const isBad = (status: string) => status === 'failed' || status === 'cancelled';

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
 * @param past Remembers how long the part of a list is that lies in the past. Default: it is counted.
 */
export function listTasks(
  scope: TenantScope,
  query: WireQuery<ListTasksQuery>,
  past?: PastCounts,
): Promise<PaginatedResponse<Task>> {
  return readPage(
    query,
    {
      rows: ({ before, offset, limit }) => {
        const tasks = before === undefined ? filtered(scope, query) : filtered(scope, query).where('id', '<', before);
        const ids = tasks.select('id').orderBy('id', 'desc').limit(limit).offset(offset);
        // Those that are passed over are counted in the index; their rows are not opened.
        const page = offset === 0 ? tasks.limit(limit) : scope.tasks().where('id', 'in', ids);
        return page.selectAll().orderBy('id', 'desc').execute();
      },
      count: () => countTasks(scope, query, past),
    },
    toTask,
  );
}

/**
 * How many tasks a list has. Of all, of an agent's or a team's the sums of hours say how many have ended. Of others: no task
 * is ever removed, so of those that were created long ago, or have ended long ago where only such are asked for, there will
 * be as many the next time.
 */
async function countTasks(
  scope: TenantScope,
  query: WireQuery<ListTasksQuery>,
  past: PastCounts | undefined,
): Promise<number> {
  const { page: _page, limit: _limit, status, agentId, teamId, ...others } = query;
  const statuses = listOf(status);
  const tasks = filtered(scope, query);
  if (!statuses.every(isEnding)) return countRows(tasks);
  if (Object.values(others).every((value) => value === undefined)) {
    const of = { ...(agentId === undefined ? {} : { agentId }), ...(teamId === undefined ? {} : { teamId }) };
    if (statuses.length > 0) return countEnded(scope, of, statuses);
    return (await countEnded(scope, of, endings)) + (await countRows(tasks.where('finished_at', 'is', null)));
  }
  if (query.fromDate !== undefined || query.toDate !== undefined) return countBetween(scope, query);
  if (past === undefined) return countRows(tasks);
  const { end } = past;
  const [column, bound] = statuses.length > 0 ? (['finished_at', end] as const) : (['id', idAt('tsk', end)] as const);
  const before = () => countRows(tasks.where(column, '<', bound));
  const filter = JSON.stringify({ ...others, statuses, agentId, teamId });
  const [known, since] = await Promise.all([
    past.before(end, [scope.tenantId, filter], before),
    countRows(tasks.where(column, '>=', bound)),
  ]);
  return known + since;
}

/** Ids tell the time but for clocks that were set back: rows are looked into at both ends alone. */
async function countBetween(scope: TenantScope, query: WireQuery<ListTasksQuery>): Promise<number> {
  const { fromDate, toDate, ...others } = query;
  const from = fromDate === undefined ? 0 : parseTimestamp(fromDate) + clockSetBackMs;
  const to = toDate === undefined ? Number.POSITIVE_INFINITY : parseTimestamp(toDate);
  const tasks = filtered(scope, query);
  if (to <= from) return countRows(tasks);
  const within = filtered(scope, others).where('id', '>=', idAt('tsk', from));
  const counts = await Promise.all([
    countRows(toDate === undefined ? within : within.where('id', '<', idAt('tsk', to))),
    fromDate === undefined ? 0 : countRows(tasks.where('id', '<', idAt('tsk', from))),
    toDate === undefined ? 0 : countRows(tasks.where('id', '>=', idAt('tsk', to))),
  ]);
  return counts.reduce((sum, count) => sum + count, 0);
}

function filtered(scope: TenantScope, query: WireQuery<ListTasksQuery>) {
  let tasks = scope.tasks();
  const statuses = listOf(query.status);
  if (statuses.length > 0) tasks = tasks.where('status', 'in', statuses);
  // In the words of tasks_open and tasks_bad_ends: what is looked for may be rare among all.
  if (statuses.length > 0 && !statuses.some(isEnding)) tasks = tasks.where('finished_at', 'is', null);
  if (statuses.length > 0 && statuses.every(isBad))
    tasks = tasks.where(sql<boolean>`status IN ('failed', 'cancelled')`);
  for (const name of Object.keys(columns) as (keyof typeof columns)[]) {
    const value = query[name];
    if (value !== undefined) tasks = tasks.where(columns[name], '=', value);
  }
  if (query.fromDate !== undefined) {
    const from = parseTimestamp(query.fromDate);
    tasks = tasks.where('created_at', '>=', from).where('id', '>=', idAt('tsk', from));
  }
  if (query.toDate !== undefined) {
    const to = parseTimestamp(query.toDate);
    tasks = tasks.where('created_at', '<', to).where('id', '<', idAt('tsk', to + clockSetBackMs));
  }
  for (const [label, value] of Object.entries(query.label ?? {})) {
    tasks = tasks.where('id', 'in', labelled(scope, label, value));
  }
  return tasks;
}

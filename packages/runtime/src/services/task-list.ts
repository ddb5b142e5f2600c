import type { PaginatedResponse, WireQuery } from '@runctl/core';
import type { ListTasksQuery, Task } from '@runctl/tasks';
import { labelled } from './labels.ts';
import { listOf } from './list-of.ts';
import { readPage } from './page.ts';
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

/** Tasks, newest first. Walks tasks_by_tenant backwards, or the narrower index of a filter. */
export function listTasks(scope: TenantScope, query: WireQuery<ListTasksQuery>): Promise<PaginatedResponse<Task>> {
  return readPage(
    query,
    {
      rows: ({ before, offset, limit }) => {
        const tasks = before === undefined ? filtered(scope, query) : filtered(scope, query).where('id', '<', before);
        return tasks.selectAll().orderBy('id', 'desc').limit(limit).offset(offset).execute();
      },
      count: async () => {
        const counted = filtered(scope, query).select(({ fn }) => fn.countAll<number>().as('count'));
        return (await counted.executeTakeFirstOrThrow()).count;
      },
    },
    toTask,
  );
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

import type { Query, TaskChange } from './store.ts';

/** Where tasks of any tenants stand now, as the last change of each would tell. By primary key. */
export function readTaskChanges(query: Query, taskIds: readonly string[]): Promise<TaskChange[]> {
  return query.selectFrom('tasks').select(['id as taskId', 'version', 'status']).where('id', 'in', taskIds).execute();
}

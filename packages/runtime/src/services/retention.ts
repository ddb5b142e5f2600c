import type { Store } from '../store/store.ts';
import { AccountScope, AccountWriteScope } from './accounts/account-scope.ts';
import { foldUsage } from './usage/fold.ts';
import { toTenant } from './wire/tenant.ts';

const dayMs = 24 * 60 * 60 * 1_000;
/** Tasks whose traces are removed in one transaction. */
const mostAtOnce = 100;

/**
 * Removes the traces of tasks that ended longer ago than the tenant keeps them. The tasks stay, with their results and
 * totals, and so does what they used: it is summed up before. A trace that a fork still stands on stays as long as the
 * fork's own; a fork stands on its source, and on what that one stands on.
 *
 * @returns how many traces were removed
 */
export async function removeOldTraces(store: Pick<Store, 'ofTenant'>, tenantId: string, now: number): Promise<number> {
  const door = store.ofTenant(tenantId);
  const account = new AccountScope(tenantId, door.query);
  const row = await account.tenant().selectAll().executeTakeFirst();
  if (row === undefined) return 0;
  const foldedUntil = await foldUsage(door, tenantId, now);
  const before = Math.min(now - toTenant(row).settings.traceRetentionDays * dayMs, foldedUntil);
  let removed = 0;
  for (;;) {
    const taskIds = await door.write(async ({ query }) => {
      const writing = new AccountWriteScope(tenantId, query);
      const old = await oldTraces(writing, before);
      if (old.length > 0) await writing.removeTraces(old, now);
      return old;
    });
    removed += taskIds.length;
    if (taskIds.length === 0) return removed;
  }
}

/** Oldest first, by the index tasks_finished; forks by tasks_by_fork. */
async function oldTraces(account: AccountScope, before: number): Promise<string[]> {
  const rows = await account
    .tasks()
    .select('tasks.id')
    .where('tasks.finished_at', '<', before)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('removed_traces').select('task_id').whereRef('removed_traces.task_id', '=', 'tasks.id'))),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('tasks as fork')
            .select('fork.id')
            .whereRef('fork.forked_from_task', '=', 'tasks.id')
            .where(({ not: no, exists: any, selectFrom: from }) =>
              no(any(from('removed_traces').select('task_id').whereRef('removed_traces.task_id', '=', 'fork.id'))),
            ),
        ),
      ),
    )
    .orderBy('tasks.finished_at')
    .limit(mostAtOnce)
    .execute();
  return rows.map(({ id }) => id);
}

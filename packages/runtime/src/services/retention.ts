import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Store } from '../store/store.ts';
import { AccountScope, AccountWriteScope } from './accounts/account-scope.ts';
import { removeOldContents } from './retention/old-contents.ts';
import { removeOldEvents } from './retention/old-events.ts';
import { foldUsage } from './usage/fold.ts';
import { toTenant } from './wire/tenant.ts';

type Door = ReturnType<Store['ofTenant']>;

const dayMs = 24 * 60 * 60 * 1_000;
/** Tasks whose traces are removed in one transaction, and the steps that these may have: others wait for it. */
const mostAtOnce = 100;
const mostSteps = 500;

/**
 * Removes the traces of tasks that ended longer ago than the tenant keeps them. The tasks stay, with their results and
 * totals, and so does what they used: it is summed up before. A trace that a fork still stands on stays as long as the
 * fork's own; a fork stands on its source, and on what that one stands on.
 *
 * @returns how many traces were removed
 */
export async function removeOldTraces(store: Pick<Store, 'ofTenant'>, tenantId: string, now: number): Promise<number> {
  const door = store.ofTenant(tenantId);
  const before = await keptSince(door, tenantId, now);
  return before === undefined ? 0 : removeTracesBefore(door, tenantId, before, now);
}

/**
 * The same, and all else that has grown too old with it: pieces of snapshots that no kept trace names, events of agents
 * and workflows, lines of logs. In bites, so that nobody waits for it.
 */
export async function removeOldRows(store: Pick<Store, 'ofTenant'>, tenantId: string, now: number): Promise<void> {
  const door = store.ofTenant(tenantId);
  const before = await keptSince(door, tenantId, now);
  if (before === undefined) return;
  await removeTracesBefore(door, tenantId, before, now);
  await removeOldEvents(door, tenantId, before, now);
  await removeOldContents(door, tenantId, before);
}

/** Since when traces of ended tasks are kept; undefined where there is no such tenant. */
async function keptSince(door: Door, tenantId: string, now: number): Promise<number | undefined> {
  const row = await new AccountScope(tenantId, door.query).tenant().selectAll().executeTakeFirst();
  if (row === undefined) return undefined;
  const foldedUntil = await foldUsage(door, tenantId, now);
  return Math.min(now - toTenant(row).settings.traceRetentionDays * dayMs, foldedUntil);
}

async function removeTracesBefore(door: Door, tenantId: string, before: number, now: number): Promise<number> {
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
    await nextTurn();
  }
}

/** Oldest first, by the index tasks_finished; forks by tasks_by_fork. */
async function oldTraces(account: AccountScope, before: number): Promise<string[]> {
  const rows = await account
    .tasksWithTrace()
    .select(['tasks.id', 'tasks.steps'])
    .where('tasks.finished_at', '<', before)
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
  let steps = 0;
  const fitting = rows.filter((row) => {
    steps += row.steps;
    return steps <= mostSteps;
  });
  return (fitting.length > 0 ? fitting : rows.slice(0, 1)).map(({ id }) => id);
}

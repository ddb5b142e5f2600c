import type { TaskWait } from '@runctl/tasks';
import type { Store, TaskChange } from '../../store/store.ts';
import { AccountWriteScope } from '../accounts/account-scope.ts';

// What a tenant has queued waits, and says for what, while the tenant is held at its spend limit:
//
//   queued --the tenant is held--> waiting, for the budget --it is let go--> queued
//
// A task that runs is handed back after its step, so it is queued by then. One that expires unless it starts stays queued:
// its time runs on.

/** Moved in one transaction. */
const mostAtOnce = 200;

/** What a task waits for that its tenant's spend limit holds, as stored. The index tasks_held names this very text. */
const budgetWait = JSON.stringify({ kind: 'budget', limit: 'spend' } satisfies TaskWait);

/** Moves some of a tenant's tasks to where they belong, held or not; the caller has locked the tenant. */
export async function moveHeldTasks(account: AccountWriteScope, held: boolean, now: number): Promise<TaskChange[]> {
  const ids = held ? await queuedIds(account) : await account.heldTasks().limit(mostAtOnce).execute();
  if (ids.length === 0) return [];
  const moved = await account
    .updateTasks()
    .set(({ eb }) => ({
      status: held ? ('waiting' as const) : ('queued' as const),
      waiting_for: held ? budgetWait : null,
      version: eb('version', '+', 1),
      updated_at: now,
    }))
    .where(
      'id',
      'in',
      ids.map(({ id }) => id),
    )
    .where('status', '=', held ? 'queued' : 'waiting')
    .returning(['id', 'version', 'status'])
    .execute();
  return moved.map(({ id, version, status }) => ({ taskId: id, version, status }));
}

async function queuedIds(account: AccountWriteScope): Promise<{ id: string }[]> {
  const ofAgents = await account.queuedTasks().limit(mostAtOnce).execute();
  return ofAgents.length > 0 ? ofAgents : account.coordinatedTasks().limit(mostAtOnce).execute();
}

/** Moves all of a tenant's tasks, a bite at a time, as long as the tenant is held, or is not. */
export async function settleHeldTasks(
  store: Pick<Store, 'ofTenant'>,
  tenantId: string,
  held: boolean,
  now: () => number,
): Promise<void> {
  let moved: number;
  do {
    moved = await store.ofTenant(tenantId).write(async ({ query, changed, wake }) => {
      const account = new AccountWriteScope(tenantId, query);
      await account.lock();
      const tenant = await account.tenant().select('held').executeTakeFirst();
      if (tenant === undefined || (tenant.held === 1) !== held) return 0;
      const changes = await moveHeldTasks(account, held, now());
      for (const change of changes) changed(change);
      if (!held) wake();
      return changes.length;
    });
  } while (moved === mostAtOnce);
}

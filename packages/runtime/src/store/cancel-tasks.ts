import type { TaskStatus } from '@runctl/tasks';
import { sql } from 'kysely';
import { inList } from './in-list.ts';
import type { TaskRow } from './schema.ts';
import type { WriteTransaction } from './store.ts';
import { cancelWaits, settleParents } from './waits.ts';

const openStatuses: readonly TaskStatus[] = ['scheduled', 'queued', 'running', 'waiting'];

/** Whose tasks are cancelled, when, and why. */
export interface Cancellation {
  tenantId: string;
  /** JSON; of the tasks themselves, those that they handed out have none. */
  error: string | null;
  now: number;
}

/**
 * Cancels tasks of a tenant that have not ended, and what they handed out. Workflows are not told here: the one that
 * asks for it knows.
 *
 * @returns those that were cancelled
 */
export async function cancelTasks(
  transaction: WriteTransaction,
  taskIds: readonly string[],
  cancellation: Cancellation,
): Promise<string[]> {
  const cancelled: string[] = [];
  let level = await cancelLevel(transaction, taskIds, cancellation);
  while (level.length > 0) {
    cancelled.push(...level);
    const children = await childrenOf(transaction, level);
    level = await cancelLevel(transaction, children, { ...cancellation, error: null });
  }
  transaction.wake();
  return cancelled;
}

async function cancelLevel(
  transaction: WriteTransaction,
  taskIds: readonly string[],
  { tenantId, error, now }: Cancellation,
): Promise<string[]> {
  if (taskIds.length === 0) return [];
  const { query } = transaction;
  const rows = await query
    .updateTable('tasks')
    .set(({ eb }) => ({
      status: 'cancelled' as const,
      error,
      waiting_for: null,
      owner: null,
      version: eb('version', '+', 1),
      finished_at: now,
      updated_at: now,
    }))
    .where('tenant_id', '=', tenantId)
    .where(sql<boolean>`id ${inList(query, taskIds)}`)
    .where('status', 'in', openStatuses)
    .returning(['id', 'version', 'status'])
    .execute();
  const ids = rows.map(({ id }) => id);
  const ofSteps = await cancelWaits(query, ids, now);
  for (const { id, version, status } of rows) {
    transaction.addEvents(ofSteps.get(id) ?? []);
    transaction.changed({ taskId: id, version, status });
  }
  for (const change of await settleParents(query, now, ids)) transaction.changed(change);
  return ids;
}

/** By the index tasks_by_parent. */
async function childrenOf({ query }: WriteTransaction, parentIds: readonly string[]): Promise<TaskRow['id'][]> {
  const children = await query
    .selectFrom('tasks')
    .select('id')
    .where(sql<boolean>`parent_task_id ${inList(query, parentIds)}`)
    .where('status', 'in', openStatuses)
    .execute();
  return children.map(({ id }) => id);
}

import { sql } from 'kysely';
import { hourOf } from '../../full-hours.ts';
import type { NewEventRow } from '../event-row.ts';
import { columnList } from '../in-list.ts';
import { type StatusRow, statusColumns, statusEvent } from '../new-events.ts';
import type { Query } from '../store.ts';

/** Which rows have just come back. */
interface Restored {
  tenantId: string;
  /** The tenant had been gone, and so has what the billing provider was told of it since. */
  isBack: boolean;
  now: number;
}

/**
 * Makes of a tenant's rows what goes on as after a crash at the moment of the backup, beside processes that may have
 * worked for the same tenant until just now: none of them may take a row for the one that it knew.
 *
 * @returns how many tasks ran at the time of the backup
 */
export async function settleAsAfterCrash(query: Query, { tenantId, isBack, now }: Restored): Promise<number> {
  const own = sql`tenant_id = ${tenantId}`;
  const { rows } = await sql<StatusRow>`
    UPDATE tasks SET status = 'queued', owner = NULL, paused_at = updated_at, version = version + 1, updated_at = ${now}
    WHERE ${own} AND status = 'running' RETURNING ${columnList(statusColumns)}`.execute(query);
  for (const row of rows) await addEvent(query, statusEvent(row));
  // The fence: a worker may still be in the middle of a step under a claim that came after the backup, and the next
  // claims count from the backup's on. From an instant on they reach no number that was ever given out.
  await sql`UPDATE tasks SET epoch = ${now} WHERE ${own} AND finished_at IS NULL`.execute(query);
  // The same for those who remember the steps of a workflow as of a version of it.
  await sql`UPDATE workflows SET version = ${now} WHERE ${own} AND finished_at IS NULL`.execute(query);
  await sql`
    UPDATE deliveries SET claim = NULL, next_attempt_at = ${now}
    WHERE ${own} AND status = 'pending' AND claim IS NOT NULL`.execute(query);
  if (isBack) await billFrom(query, tenantId, hourOf(now));
  return rows.length;
}

/** What was spent before may have been told to the provider after the backup: rather not billed than billed twice. */
async function billFrom(query: Query, tenantId: string, hour: number): Promise<void> {
  await sql`
    UPDATE billing_accounts SET reported_until = ${hour}
    WHERE tenant_id = ${tenantId} AND reported_until < ${hour}`.execute(query);
}

/** By the primary key of the events. */
async function addEvent(query: Query, event: NewEventRow): Promise<void> {
  const { subject_id, tenant_id, type, data, created_at } = event;
  const [{ seq }] = (
    await sql<{ seq: number }>`
      SELECT coalesce(max(seq), 0) + 1 AS seq FROM events WHERE subject_id = ${subject_id}`.execute(query)
  ).rows as [{ seq: number }];
  await query.insertInto('events').values({ subject_id, seq, tenant_id, type, step: null, data, created_at }).execute();
}

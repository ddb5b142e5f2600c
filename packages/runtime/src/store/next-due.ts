import { sql } from 'kysely';
import { isPostgres } from './in-list.ts';
import { preparedSql } from './prepared.ts';
import type { Query } from './store.ts';

interface NextRow {
  scheduled: number | null;
  expiring: number | null;
  /** As it is told. */
  action: string | null;
}

// The first entry of each of three indexes: tasks_scheduled, tasks_expiring, tasks_actions_due.
const nextOfTasks = preparedSql((query) => {
  const endsAt = isPostgres(query)
    ? sql`(waiting_for::json ->> 'expiresAt')`
    : sql`json_extract(waiting_for, '$.expiresAt')`;
  return sql<NextRow>`
    SELECT
      (SELECT scheduled_for FROM tasks WHERE status = 'scheduled' ORDER BY scheduled_for LIMIT 1) AS scheduled,
      (SELECT expires_at FROM tasks
       WHERE status = 'queued' AND expires_at IS NOT NULL AND started_at IS NULL
       ORDER BY expires_at LIMIT 1) AS expiring,
      (SELECT ${endsAt} FROM tasks WHERE status = 'waiting' AND ${endsAt} > '' ORDER BY ${endsAt} LIMIT 1) AS action`;
});

/** When time next moves a task on: it is to start, has waited too long, or what somebody was asked is over. */
export async function nextDueTask(query: Query): Promise<number | undefined> {
  const { scheduled = null, expiring = null, action = null } = (await nextOfTasks.first(query, {})) ?? {};
  return earliest(scheduled, expiring, action === null ? null : Date.parse(action));
}

/** The first of some instants. */
export function earliest(...instants: readonly (number | null | undefined)[]): number | undefined {
  const known = instants.filter((instant) => typeof instant === 'number');
  return known.length === 0 ? undefined : Math.min(...known);
}

import { sql } from 'kysely';
import { isPostgres } from './in-list.ts';
import type { DeliveryRow, OutboxRow, WebhookRow } from './outbox-rows.ts';
import type { Query } from './store.ts';

// The queue of all that is sent outside, for any number of processes. What one of them has taken is left out by the
// others: rows of the outbox until its transaction ends, deliveries until their lease runs out.

/** The endpoint of deliveries that go by mail. */
export const mailEndpoint = 'mail';

/** The oldest rows that are not sorted into deliveries yet, locked. By outbox_unsorted. */
export async function takeUnsorted(query: Query, limit: number): Promise<OutboxRow[]> {
  const { rows } = await sql<OutboxRow>`
    SELECT * FROM outbox WHERE body IS NULL ORDER BY created_at, subject_id, seq LIMIT ${sql.lit(limit)}
    ${isPostgres(query) ? sql`FOR UPDATE SKIP LOCKED` : sql``}`.execute(query);
  return rows;
}

/** Whether there is something to sort. By outbox_unsorted. */
export async function hasUnsorted(query: Query): Promise<boolean> {
  const row = await query.selectFrom('outbox').select('seq').where('body', 'is', null).limit(1).executeTakeFirst();
  return row !== undefined;
}

/** A webhook to which something is to be sent now, and how it has fared. */
export type DueEndpoint = Pick<WebhookRow, 'id' | 'failures'>;

/** Which receivers to look for. */
export interface DueLook {
  now: number;
  limit: number;
  /** The id after which to begin: receivers take turns. */
  after: string;
}

/** Where something is to be sent now. One seek for each webhook, by deliveries_pending; mail counts as one more. */
export async function dueEndpoints(query: Query, { now, limit, after }: DueLook): Promise<DueEndpoint[]> {
  const isDue = sql`status = 'pending' AND next_attempt_at <= ${now}`;
  const { rows } = await sql<DueEndpoint>`
    SELECT id, failures FROM (
      SELECT id, failures FROM webhooks
      WHERE enabled = 1 AND rests_until <= ${now}
        AND EXISTS (SELECT 1 FROM deliveries WHERE endpoint_id = webhooks.id AND ${isDue})
      UNION ALL
      SELECT ${sql.lit(mailEndpoint)}, 0
      WHERE EXISTS (SELECT 1 FROM deliveries WHERE endpoint_id = ${sql.lit(mailEndpoint)} AND ${isDue})
    ) AS due ORDER BY CASE WHEN id > ${after} THEN 0 ELSE 1 END, id LIMIT ${sql.lit(limit)}`.execute(query);
  return rows;
}

/** Of each receiver the oldest deliveries are looked at; behind these many more may be, and some of them due sooner. */
const mostLookedAt = 100;

/** When the next delivery is to be sent, to a receiver that does not rest. One seek for each, by deliveries_pending. */
export async function nextDelivery(query: Query): Promise<number | undefined> {
  const { rows } = await sql<{ at: number | null }>`
    SELECT min(CASE WHEN at < rests_until THEN rests_until ELSE at END) AS at FROM (
      SELECT rests_until, (
        SELECT min(next_attempt_at) FROM (
          SELECT next_attempt_at FROM deliveries WHERE endpoint_id = receivers.id AND status = 'pending'
          ORDER BY id LIMIT ${sql.lit(mostLookedAt)}
        ) AS oldest
      ) AS at
      FROM (
        SELECT id, rests_until FROM webhooks WHERE enabled = 1 UNION ALL SELECT ${sql.lit(mailEndpoint)}, 0
      ) AS receivers
    ) AS next`.execute(query);
  return rows[0]?.at ?? undefined;
}

/** A process's hold on deliveries. */
export interface DeliveryClaim {
  endpointId: string;
  /** Of this very claim. */
  token: string;
  limit: number;
  now: number;
  leaseMs: number;
}

/** Takes the oldest deliveries of an endpoint that are due; an attempt each from here on. By deliveries_pending. */
export async function claimDue(query: Query, claim: DeliveryClaim): Promise<DeliveryRow[]> {
  const { endpointId, token, limit, now, leaseMs } = claim;
  const oldest = sql`
    SELECT id FROM deliveries
    WHERE endpoint_id = ${endpointId} AND status = 'pending' AND next_attempt_at <= ${now}
    ORDER BY id LIMIT ${sql.lit(limit)}`;
  // As an array it is looked for once, so that never more than the limit is locked.
  const taken = isPostgres(query) ? sql`= ANY (ARRAY(${oldest} FOR UPDATE SKIP LOCKED))` : sql`IN (${oldest})`;
  const { rows } = await sql<DeliveryRow>`
    UPDATE deliveries SET attempts = attempts + 1, claim = ${token}, next_attempt_at = ${now + leaseMs}
    WHERE id ${taken} RETURNING *`.execute(query);
  return rows.sort((one, other) => (one.id < other.id ? -1 : 1));
}

/** What an attempt has come to. */
export type AttemptEnd = Pick<DeliveryRow, 'status' | 'response_status' | 'next_attempt_at' | 'finished_at'>;

/** Records the end of an attempt. False where it is another process's by now: nothing was written then. */
export async function endAttempt(query: Query, id: string, token: string, end: AttemptEnd): Promise<boolean> {
  const { numUpdatedRows } = await query
    .updateTable('deliveries')
    .set({ ...end, claim: null })
    .where('id', '=', id)
    .where('claim', '=', token)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Lets go of all that is claimed: for a home that no other process uses, whose claims are a dead one's. */
export async function releaseClaims(query: Query, now: number): Promise<void> {
  await query
    .updateTable('deliveries')
    .set({ claim: null, next_attempt_at: now })
    .where('status', '=', 'pending')
    .where('claim', 'is not', null)
    .execute();
}

/** What is removed, and from when on it is. Milliseconds since the epoch. */
export interface DeliveryRetention {
  /** Delivered before: removed. */
  deliveredBefore: number;
  /** Given up before: removed. */
  failedBefore: number;
  /** To be given up before, and still not sent: given up. */
  overdueBefore: number;
  now: number;
}

/** Deliveries that one round removes. */
const mostAtOnce = 1_000;

/**
 * Gives up what could not even be tried, since its receiver rests or is disabled, and removes what is too old: by
 * deliveries_pending, deliveries_finished and outbox_by_age. True where there is more to remove.
 */
export async function tidyDeliveries(query: Query, retention: DeliveryRetention): Promise<boolean> {
  const { deliveredBefore, failedBefore, overdueBefore, now } = retention;
  await query
    .updateTable('deliveries')
    .set({ status: 'failed', next_attempt_at: null, finished_at: now })
    .where('status', '=', 'pending')
    .where('give_up_at', '<', overdueBefore)
    .execute();
  const removed = await sql`
    DELETE FROM deliveries WHERE id IN (
      SELECT id FROM deliveries
      WHERE finished_at IS NOT NULL AND finished_at < ${deliveredBefore}
        AND (status = 'delivered' OR finished_at < ${failedBefore})
      LIMIT ${sql.lit(mostAtOnce)}
    ) RETURNING id`.execute(query);
  // What a delivery still needs stays; what nobody was to be told of has no delivery at all.
  const emptied = await sql`
    DELETE FROM outbox WHERE (subject_id, seq) IN (
      SELECT subject_id, seq FROM outbox
      WHERE created_at < ${deliveredBefore} AND body IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM deliveries WHERE deliveries.subject_id = outbox.subject_id AND deliveries.seq = outbox.seq
      )
      LIMIT ${sql.lit(mostAtOnce)}
    ) RETURNING seq`.execute(query);
  return [removed, emptied].some(({ rows }) => rows.length >= mostAtOnce);
}

import { sql } from 'kysely';
import type { Store } from '../store/store.ts';
import { costUs, latestUs, type RatePolicy } from './token-bucket.ts';

/** A bucket that processes share. */
export interface SharedBuckets {
  /** Takes `count` at once, or nothing. Answers with when the bucket will be full, and whether it gave. */
  take(id: string, policy: RatePolicy, nowUs: number, count: number): Promise<{ fullAtUs: number; isTaken: boolean }>;
}

/** Buckets in the database: one row each, one statement decides, so that all processes together stay within the limit. */
export function sharedBuckets(store: Pick<Store, 'write'>): SharedBuckets {
  return {
    take: (id, policy, nowUs, count) =>
      store.write(async ({ query }) => {
        const cost = count * costUs(policy);
        const base = sql<number>`CASE WHEN rate_buckets.full_at_us > ${nowUs} THEN rate_buckets.full_at_us ELSE ${nowUs} END`;
        const taken = await query
          .insertInto('rate_buckets')
          .values({ id, full_at_us: nowUs + cost })
          .onConflict((conflict) =>
            conflict
              .column('id')
              .doUpdateSet({ full_at_us: sql<number>`${base} + ${cost}` })
              .where(sql<boolean>`${base} + ${cost} <= ${latestUs(policy, nowUs)}`),
          )
          .returning('full_at_us')
          .executeTakeFirst();
        if (taken !== undefined) return { fullAtUs: taken.full_at_us, isTaken: true };
        const { full_at_us } = await query
          .selectFrom('rate_buckets')
          .select('full_at_us')
          .where('id', '=', id)
          .executeTakeFirstOrThrow();
        return { fullAtUs: full_at_us, isTaken: false };
      }),
  };
}

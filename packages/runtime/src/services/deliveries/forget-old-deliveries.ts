import { tidyDeliveries } from '../../store/delivery-queue.ts';
import type { Store } from '../../store/store.ts';

const dayMs = 24 * 60 * 60 * 1_000;
/** Delivered ones are kept this long, and those that were given up longer: they may be sent once more by hand. */
const deliveredKeptMs = 7 * dayMs;
const failedKeptMs = 30 * dayMs;
/** Whose day is over has had this long to be tried for the last time, if its receiver can be tried at all. */
const overdueMs = 15 * 60 * 1_000;

/** Gives up what cannot be sent and removes what is too old, in as many transactions as it takes. */
export async function forgetOldDeliveries(store: Pick<Store, 'write'>, now: number): Promise<void> {
  const bounds = {
    deliveredBefore: now - deliveredKeptMs,
    failedBefore: now - failedKeptMs,
    overdueBefore: now - overdueMs,
    now,
  };
  while (await store.write(({ query }) => tidyDeliveries(query, bounds)));
}

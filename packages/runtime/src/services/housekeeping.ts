import { setImmediate as nextTurn } from 'node:timers/promises';
import { dayOfContents } from '../engine/snapshots.ts';
import type { Store } from '../store/store.ts';
import { allTenants, removeOutdated } from './accounts/above-tenants.ts';
import type { BillingService } from './billing.ts';
import { forgetOldDeliveries } from './deliveries/forget-old-deliveries.ts';
import { removeOldKeys } from './idempotent-writes.ts';
import { thresholdCheckMs } from './notifications/tell-thresholds.ts';
import { removeOldRows, removeOldTraces } from './retention.ts';
import { holdSpenders, spendCheckMs } from './spend.ts';
import type { UsageMeter } from './usage/usage-meter.ts';

/** What housekeeping needs. */
export interface HousekeepingParts {
  store: Pick<Store, 'query' | 'write' | 'ofTenant' | 'giveBackSpace'>;
  meter: UsageMeter;
  billing: Pick<BillingService, 'report'>;
  tellThresholds: () => Promise<void>;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Told of a round that failed; the next one tries again. */
  onError: (error: unknown) => void;
}

/** How often usage is summed up and old traces go, milliseconds. */
const tidyMs = 15 * 60 * 1_000;
const dayMs = 24 * 60 * 60 * 1_000;
/** What counts and marks is of no use after this, milliseconds. */
const keptMs = 62 * dayMs;

/**
 * What nobody asks for and has to happen all the same: tenants at their spend limit are held, usage is summed up and
 * billed, what is too old goes. Every process may keep house; what two do at once is done once.
 */
export class Housekeeping {
  readonly #parts: HousekeepingParts;
  readonly #timers: NodeJS.Timeout[];
  #busy: Promise<void> = Promise.resolve();
  #isClosed = false;
  /** By tenant: the day on which this process has last looked through all of its pieces. */
  readonly #sweptDays = new Map<string, number>();

  constructor(parts: HousekeepingParts) {
    this.#parts = parts;
    const { store, meter, tellThresholds, now } = parts;
    this.#timers = [
      this.#every(spendCheckMs, () => holdSpenders(store, meter, now)),
      this.#every(thresholdCheckMs, tellThresholds),
      this.#every(tidyMs, () => this.tidy()),
    ];
  }

  /** Sums usage up, removes what is too old, and gives its room back, now. */
  async tidy(): Promise<void> {
    const { store, billing, now } = this.#parts;
    const tenants = await allTenants(store.query).select('id').orderBy('id').execute();
    for (const { id } of tenants) {
      if (this.#isClosed) return;
      // What is kept by days is looked through once a day: it takes a look at each piece.
      const day = dayOfContents(now());
      if (this.#sweptDays.get(id) === day) await removeOldTraces(store, id, now());
      else await removeOldRows(store, id, now());
      this.#sweptDays.set(id, day);
      await billing.report(id);
    }
    await store.write(({ query }) => removeOutdated(query, now() - keptMs));
    await forgetOldDeliveries(store, now());
    while (!this.#isClosed && (await store.write(({ query }) => removeOldKeys(query, now())))) await nextTurn();
    while (!this.#isClosed && (await store.giveBackSpace())) await nextTurn();
  }

  /** Lets the round that is under way end, and begins no other. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#busy;
  }

  /** Rounds of all kinds take turns. */
  #every(intervalMs: number, round: () => Promise<void>): NodeJS.Timeout {
    let isDue = false;
    const timer = setInterval(() => {
      if (isDue) return;
      isDue = true;
      this.#busy = this.#busy
        .then(() => (this.#isClosed ? undefined : round()))
        .catch(this.#parts.onError)
        .finally(() => {
          isDue = false;
        });
    }, intervalMs);
    return timer.unref();
  }
}

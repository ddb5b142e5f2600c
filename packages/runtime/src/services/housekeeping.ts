import { setImmediate as nextTurn } from 'node:timers/promises';
import { dayOfContents } from '../engine/snapshots.ts';
import type { Lookout } from '../store/lookouts.ts';
import type { Store } from '../store/store.ts';
import { allTenants, removeOutdated } from './accounts/above-tenants.ts';
import type { BillingService } from './billing.ts';
import { forgetOldDeliveries } from './deliveries/forget-old-deliveries.ts';
import { removeOldKeys } from './idempotent-writes.ts';
import { thresholdCheckMs } from './notifications/tell-thresholds.ts';
import { removeOldRows, removeOldTraces } from './retention.ts';
import { holdSpenders, spendCheckMs } from './spend.ts';
import { foldHours } from './statistics/fold-hours.ts';
import type { UsageMeter } from './usage/usage-meter.ts';

/** What housekeeping needs. */
export interface HousekeepingParts {
  store: Pick<Store, 'query' | 'write' | 'ofTenant' | 'lookOut' | 'giveBackSpace'>;
  meter: UsageMeter;
  billing: Pick<BillingService, 'report'>;
  tellThresholds: () => Promise<void>;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Told of each chore that failed; the next round tries it again. */
  onError: (error: unknown) => void;
}

/** How often usage is summed up and old traces go, milliseconds. */
const tidyMs = 15 * 60 * 1_000;
const dayMs = 24 * 60 * 60 * 1_000;
/** What counts and marks is of no use after this, milliseconds. */
const keptMs = 62 * dayMs;

/** Rounds of one line take turns. */
type Line = 'house' | 'bills';

/**
 * What nobody asks for and has to happen all the same: tenants at their spend limit are held, usage is summed up and
 * billed, what is too old goes. Every process may keep house; what two do at once is done once. A chore that fails, of
 * one tenant or of all, keeps no other one from being done. A billing provider that is slow or away is waited for in a
 * line of its own, so that limits are watched meanwhile.
 */
export class Housekeeping {
  readonly #parts: HousekeepingParts;
  readonly #lookouts: readonly Lookout[];
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #lines: Record<Line, Promise<void>> = { house: Promise.resolve(), bills: Promise.resolve() };
  #isClosed = false;
  /** By tenant: the day on which this process has last looked through all of its pieces. */
  readonly #sweptDays = new Map<string, number>();

  constructor(parts: HousekeepingParts) {
    this.#parts = parts;
    const { store, meter, tellThresholds, now } = parts;
    const lookOut = (everyMs: number, round: () => Promise<void>) =>
      store.lookOut({ look: () => this.#inLine('house', round), everyMs });
    this.#lookouts = [
      lookOut(spendCheckMs, () => holdSpenders(store, meter, now)),
      lookOut(thresholdCheckMs, tellThresholds),
    ];
    this.#timers = [this.#every('house', tidyMs, () => this.tidy()), this.#every('bills', tidyMs, () => this.bill())];
  }

  /** Sums usage up, removes what is too old, and gives its room back, now. */
  async tidy(): Promise<void> {
    const { store, now } = this.#parts;
    await this.#ofEachTenant((id) => this.#sweep(id));
    await this.#ofEachTenant((id) => foldHours(store.ofTenant(id), id, now()));
    await this.#attempt(() => store.write(({ query }) => removeOutdated(query, now() - keptMs)));
    await this.#attempt(() => forgetOldDeliveries(store, now()));
    await this.#bites(() => store.write(({ query }) => removeOldKeys(query, now())));
    await this.#bites(() => store.giveBackSpace());
  }

  /** Tells the billing provider what was spent and is summed up, now. */
  async bill(): Promise<void> {
    await this.#ofEachTenant((id) => this.#parts.billing.report(id));
  }

  /** Lets the round that is under way end, and begins no other. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#lookouts.map((lookout) => lookout.stop()));
    await Promise.all(Object.values(this.#lines));
  }

  /** What is kept by days is looked through once a day: it takes a look at each piece. */
  async #sweep(tenantId: string): Promise<void> {
    const { store, now } = this.#parts;
    const day = dayOfContents(now());
    if (this.#sweptDays.get(tenantId) === day) await removeOldTraces(store, tenantId, now());
    else await removeOldRows(store, tenantId, now());
    this.#sweptDays.set(tenantId, day);
  }

  async #ofEachTenant(chore: (tenantId: string) => Promise<unknown>): Promise<void> {
    await this.#attempt(async () => {
      const tenants = await allTenants(this.#parts.store.query).select('id').orderBy('id').execute();
      for (const { id } of tenants) await this.#attempt(() => chore(id));
    });
  }

  /** Does a chore bite by bite while there is more, so that nobody waits for it. */
  #bites(chore: () => Promise<boolean>): Promise<void> {
    return this.#attempt(async () => {
      while (!this.#isClosed && (await chore())) await nextTurn();
    });
  }

  /** Whatever comes of a chore, what comes behind it is done too. */
  async #attempt(chore: () => Promise<unknown>): Promise<void> {
    if (this.#isClosed) return;
    try {
      await chore();
    } catch (error) {
      this.#parts.onError(error);
    }
  }

  #every(line: Line, intervalMs: number, round: () => Promise<void>): NodeJS.Timeout {
    let isDue = false;
    const timer = setInterval(() => {
      if (isDue) return;
      isDue = true;
      void this.#inLine(line, round).finally(() => {
        isDue = false;
      });
    }, intervalMs);
    return timer.unref();
  }

  async #inLine(line: Line, round: () => Promise<void>): Promise<undefined> {
    this.#lines[line] = this.#lines[line].then(() => this.#attempt(round));
    await this.#lines[line];
  }
}

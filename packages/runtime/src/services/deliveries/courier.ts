import { randomUUID } from 'node:crypto';
import {
  claimDue,
  type DueEndpoint,
  dueEndpoints,
  hasUnsorted,
  nextDelivery,
  releaseClaims,
} from '../../store/delivery-queue.ts';
import type { Lookout } from '../../store/lookouts.ts';
import type { DeliveryRow } from '../../store/outbox-rows.ts';
import type { Store } from '../../store/store.ts';
import type { PlanReader } from '../workflows/find-workflow.ts';
import { recordAttempt } from './record-attempt.ts';
import type { Sender } from './sender.ts';
import { sortOutbox } from './sort-outbox.ts';

/** How a process sends. */
export interface CourierLimits {
  /** Deliveries under way. */
  atOnce: number;
  /** Of those, to one receiver; one at a time to a receiver that failed last. */
  perEndpoint: number;
  /** Milliseconds without a sign of the process after which others take over what it was sending. */
  leaseMs: number;
  /** Between two looks for something to send there are so many milliseconds at least. */
  lookEveryMs: number;
}

const defaultLimits: CourierLimits = { atOnce: 32, perEndpoint: 4, leaseMs: 60_000, lookEveryMs: 500 };
/** After a look that failed, for instance since the database is away, milliseconds. */
const afterFailureMs = 2_000;

/** What sending needs. */
export interface CourierParts {
  store: Pick<Store, 'query' | 'write' | 'lookOut'>;
  plans: PlanReader;
  sender: Sender;
  /** Whether other processes send from the same outbox. */
  isShared: boolean;
  now: () => number;
  /** From 0 to below 1. Default `Math.random`. */
  chance?: () => number;
  limits?: Partial<CourierLimits>;
  /** Told of each attempt that has ended, and whether it is to be tried again. Default: nobody. */
  onAttempt?: ((outcome: 'delivered' | 'failed' | 'given_up') => void) | undefined;
  onError: (error: unknown) => void;
}

/**
 * Sends what is in the outbox, for any number of processes. A row goes its way in three transactions, so that a process
 * may die anywhere:
 *
 *   unsorted --sort--> pending --claim--> being sent --record--> delivered, failed, or pending again
 *                         ^--------------- lease is over ----------'
 *
 * Who dies between sending and recording leaves a delivery that is sent again, under the same id.
 */
export class Courier {
  readonly #parts: CourierParts;
  readonly #limits: CourierLimits;
  readonly #process = randomUUID();
  readonly #stopping = new AbortController();
  readonly #underWay = new Map<string, Set<Promise<void>>>();
  #claims = 0;
  /** The receiver that got something last: the next one begins the next look, so that a backlog starves nobody. */
  #lastServed = '';
  #lookout: Lookout | undefined;
  /** Alone: whoever has claimed something is dead. */
  #mayRelease: boolean;

  constructor(parts: CourierParts) {
    this.#parts = parts;
    this.#limits = { ...defaultLimits, ...parts.limits };
    this.#mayRelease = !parts.isShared;
  }

  /** Sends from now on. */
  start(): void {
    const { store, now } = this.#parts;
    this.#lookout = store.lookOut({ look: () => this.#lookAhead(), everyMs: this.#limits.lookEveryMs, now });
    this.#lookout.wake();
  }

  /** Sends what is due now, and resolves when it has been answered. */
  async sendDue(): Promise<void> {
    await this.#look();
    await this.#allSent();
  }

  /** Begins nothing more and breaks off what is under way, which is sent again at the next start. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#lookout?.stop();
    await this.#allSent();
    this.#parts.sender.close();
  }

  /** When there will be something to send, as far as is known. */
  async #lookAhead(): Promise<number | undefined> {
    const { store, now, onError } = this.#parts;
    try {
      if (this.#mayRelease) await store.write(({ query }) => releaseClaims(query, now()));
      this.#mayRelease = false;
      await this.#look();
      return await nextDelivery(store.query);
    } catch (error) {
      onError(error);
      return now() + afterFailureMs;
    }
  }

  async #look(): Promise<void> {
    const { store, plans, now, onError } = this.#parts;
    while (!this.#stopping.signal.aborted && (await hasUnsorted(store.query))) {
      const sorted = await store.write((transaction) => sortOutbox(transaction, { plans, now: now(), onError }));
      // Others are at it.
      if (sorted === 0) break;
    }
    if (this.#free <= 0 || this.#stopping.signal.aborted) return;
    const look = { now: now(), limit: this.#limits.atOnce, after: this.#lastServed };
    for (const endpoint of await dueEndpoints(store.query, look)) {
      if (!this.#stopping.signal.aborted) await this.#sendTo(endpoint);
    }
  }

  get #free(): number {
    let underWay = 0;
    for (const { size } of this.#underWay.values()) underWay += size;
    return this.#limits.atOnce - underWay;
  }

  async #sendTo({ id, failures }: DueEndpoint): Promise<void> {
    const { store, now } = this.#parts;
    const { perEndpoint, leaseMs } = this.#limits;
    const most = failures > 0 ? 1 : perEndpoint;
    const limit = Math.min(most - (this.#underWay.get(id)?.size ?? 0), this.#free);
    if (limit <= 0) return;
    this.#claims += 1;
    const token = `${this.#process}:${this.#claims}`;
    const claim = { endpointId: id, token, limit, now: now(), leaseMs };
    const claimed = await store.write(({ query }) => claimDue(query, claim));
    if (claimed.length > 0) this.#lastServed = id;
    for (const delivery of claimed) this.#begun(delivery, token);
  }

  #begun(delivery: DeliveryRow, token: string): void {
    const underWay = this.#underWay.get(delivery.endpoint_id) ?? new Set();
    this.#underWay.set(delivery.endpoint_id, underWay);
    const sending = this.#send(delivery, token)
      // Not recorded: its lease runs out, and it is sent again.
      .catch((error: unknown) => this.#parts.onError(error))
      .finally(() => {
        underWay.delete(sending);
        if (underWay.size === 0) this.#underWay.delete(delivery.endpoint_id);
        // A place is free: what waits for that does not wait for the next look.
        this.#lookout?.wake();
      });
    underWay.add(sending);
  }

  async #allSent(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all([...this.#underWay.values()].flatMap((sends) => [...sends]));
  }

  async #send(delivery: DeliveryRow, token: string): Promise<void> {
    const { store, sender, now, chance = Math.random } = this.#parts;
    const outcome = await sender.send(delivery, this.#stopping.signal);
    const attempt = { delivery, token, outcome, now: now(), chance };
    const status = await store.write((transaction) => recordAttempt(transaction, attempt));
    if (outcome.kind === 'stopped') return;
    this.#parts.onAttempt?.(status === 'delivered' ? status : status === 'failed' ? 'given_up' : 'failed');
  }
}

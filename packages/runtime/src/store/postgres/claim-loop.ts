import type pg from 'pg';
import { storeOutage } from '../../store-outage.ts';
import type { Look, Lookout } from '../lookouts.ts';
import type { TaskRow } from '../schema.ts';
import type { Claimer } from '../store.ts';
import { claimTasks, readyLanes } from './hot-statements.ts';

/** Any number, the same in every Runctl process: claims take turns, so that limits are exact over all workers. */
const claimLock = 7_282_002;
/** The lock comes first, by itself: what a statement sees is settled before it waits. */
const beginClaim = `BEGIN; SELECT pg_advisory_xact_lock(${claimLock})`;
/** Where something was told that wakes nobody, it is looked for work no more often than this, in milliseconds. */
const pollMs = 250;

/** What a claim loop needs. */
export interface ClaimLoopOptions {
  pool: pg.Pool;
  claimer: Claimer;
  now: () => number;
  lookOut: (look: Look) => Lookout;
  /** Told of what was claimed, before it is delivered. */
  onClaimed(tasks: readonly TaskRow[]): void;
  onError(error: unknown): void;
}

/** Claims whenever it is woken, one claim at a time, with a slow poll behind it. */
export class ClaimLoop {
  readonly #options: ClaimLoopOptions;
  readonly #poll: Lookout;
  #woken = false;
  #claiming: Promise<void> | undefined;
  #stopped = false;

  constructor(options: ClaimLoopOptions) {
    this.#options = options;
    this.#poll = options.lookOut({ look: () => this.#claimNow(), everyMs: pollMs });
  }

  /** Looks for work now, or right after the look that is under way. */
  wake(): void {
    this.#woken = true;
    if (!this.#stopped) this.#claiming ??= this.#run();
  }

  /** Resolves when nothing more will be claimed; what is being claimed is delivered first. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#poll.stop();
    await this.#claiming;
  }

  async #claimNow(): Promise<undefined> {
    this.wake();
    await this.#claiming;
  }

  async #run(): Promise<void> {
    // After this turn: slots that are freed together are filled together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#woken && !this.#stopped) {
      this.#woken = false;
      await this.#claim().catch((error: unknown) => {
        this.#options.onError(error);
        this.#poll.lookAgain();
      });
    }
    this.#claiming = undefined;
  }

  async #claim(): Promise<void> {
    const { claimer, pool, now, onClaimed } = this.#options;
    const freeSlots = claimer.freeSlots();
    if (freeSlots <= 0) return;
    const claimed = await inTransaction(
      pool,
      async (client) => {
        const picked = claimer.pick(await readyLanes(client, freeSlots), freeSlots);
        return picked.length === 0 ? [] : claimTasks(client, picked, claimer.owner, now());
      },
      beginClaim,
    );
    if (claimed.length === 0) return;
    onClaimed(claimed);
    claimer.deliver(claimed);
  }
}

/**
 * Runs `work` in a transaction of a pooled connection. One that failed is not used again, nor one that takes no writes:
 * it may stay so for good, as after a failover, where a new one reaches a server that does. `begin`: what opens the
 * transaction.
 */
export async function inTransaction<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
  begin = 'BEGIN',
): Promise<Result> {
  const client = await pool.connect();
  try {
    // With the first query of the work, in one message; where it fails, so does that one.
    const begun = client.query(begin);
    begun.catch(() => undefined);
    const result = await work(client);
    await begun;
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    const isUsable = await client.query('ROLLBACK').then(
      () => true,
      () => false,
    );
    client.release(!isUsable || storeOutage(error) === 'read_only');
    throw error;
  }
}

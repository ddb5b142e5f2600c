import type pg from 'pg';
import type { Session } from './session.ts';
import type { MovedTasks } from './settle.ts';
import {
  beat,
  comeBackMs,
  deregisterWorker,
  heartbeatMs,
  newLockKey,
  registerWorker,
  retireWorker,
  takeBackFromLost,
} from './worker-lease.ts';

/** Beats that are further apart, in milliseconds, were kept from being taken. */
const longestBetweenBeatsMs = 1.5 * heartbeatMs;

/** Whose life it is, and where it shows. */
export interface WorkerLifeParts {
  id: string;
  /** Tasks that it may run at once. Null: it does not say. */
  slots: number | null;
  pool: pg.Pool;
  session: Pick<Session, 'client' | 'restoredForMs'>;
  now: () => number;
}

/** A worker's own proof of life, and its eye on the others'. */
export class WorkerLife {
  readonly #parts: WorkerLifeParts;
  readonly #lockKey = newLockKey();
  #isRetired = false;
  /** By the clock of this process: the last heartbeat that was taken, and the first of those without a gap. */
  #beatAt = Number.NEGATIVE_INFINITY;
  #beatsSince = Number.NEGATIVE_INFINITY;

  constructor(parts: WorkerLifeParts) {
    this.#parts = parts;
  }

  /** Takes the lock and says that the worker is there; on each connection of the session. */
  async register(client: pg.Client): Promise<void> {
    const { id, slots } = this.#parts;
    await registerWorker(client, { id, lockKey: this.#lockKey, slots: this.#isRetired ? 0 : slots });
  }

  /** Says that it takes nothing more: others get its slots from now on. */
  async retire(): Promise<void> {
    const { id, session } = this.#parts;
    if (this.#isRetired) return;
    this.#isRetired = true;
    if (session.client !== undefined) await retireWorker(session.client, id);
  }

  /** Says goodbye; the lock goes with the session. */
  async end(): Promise<void> {
    const { id, session } = this.#parts;
    if (session.client !== undefined) await deregisterWorker(session.client, id);
  }

  /** Beats where that is due. To be called each second, so that one that fails is made up for soon. */
  async beat(): Promise<void> {
    const { id, pool, session } = this.#parts;
    if (performance.now() - this.#beatAt < heartbeatMs) return;
    const isKnown = await beat(pool, id);
    const at = performance.now();
    if (at - this.#beatAt > longestBetweenBeatsMs) this.#beatsSince = at;
    this.#beatAt = at;
    // It was taken for lost, since it stood still for a while, and is there again.
    if (!isKnown && session.client !== undefined) await this.register(session.client);
  }

  /** Finds workers that are lost and takes back what they held. */
  async takeBackFromLost(): Promise<MovedTasks[]> {
    const { id, pool, session, now } = this.#parts;
    // What cut this process off may have cut the others off too.
    if (session.client === undefined || session.restoredForMs < comeBackMs) return [];
    return takeBackFromLost(session.client, pool, {
      workerId: id,
      judgesHeartbeats: this.#beatsSteadily(performance.now()),
      now: now(),
    });
  }

  /** Where this one could not beat of late, the others could not either: that a database takes no writes kills nobody. */
  #beatsSteadily(at: number): boolean {
    return at - this.#beatAt < longestBetweenBeatsMs && at - this.#beatsSince > longestBetweenBeatsMs;
  }
}

import type { StepCommit, Store } from '../store/store.ts';
import { isStoreOutage } from '../store-outage.ts';

/** Pauses between tries, milliseconds: the first, and the longest. */
const firstPauseMs = 50;
const longestPauseMs = 2_000;
/** So long a step is worth keeping: as long as a lease without a heartbeat, milliseconds. */
const patienceMs = 30_000;

/** The store could not take a commit for as long as the lease may last; the task goes on elsewhere, or later. */
export class RunAbandoned extends Error {
  override readonly name = 'RunAbandoned';
}

/** What a durable commit needs of the world. */
export interface CommitServices {
  store: Pick<Store, 'commitStep' | 'query'>;
  sleep: (ms: number) => Promise<void>;
  /** Told of each try that failed. */
  onError: (error: unknown) => void;
  /** Told of each commit that was taken, and how many milliseconds the store took. Default: nobody. */
  committed?: ((commit: StepCommit, tookMs: number) => void) | undefined;
}

/**
 * Commits a step, and tries again while the store is away: what was executed is not lost, and is not executed twice.
 * Whether a try whose answer was lost has been committed is read before the next one.
 *
 * @returns as `commitStep`: false where the lease is no longer held
 * @throws {RunAbandoned} The store was away for too long. What else `commitStep` throws is a mistake of ours.
 */
export async function commitDurably(services: CommitServices, commit: StepCommit): Promise<boolean> {
  const { store, sleep, onError, committed } = services;
  let waitedMs = 0;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const triedAt = performance.now();
    try {
      if (waitedMs > 0 && (await isCommitted(store, commit))) return true;
      const startedAt = performance.now();
      const isHeld = await store.commitStep(commit);
      if (isHeld) committed?.(commit, performance.now() - startedAt);
      return isHeld;
    } catch (error) {
      if (!isStoreOutage(error)) throw error;
      onError(error);
      // A store that says nothing takes its time to fail.
      waitedMs += performance.now() - triedAt;
      if (waitedMs >= patienceMs) throw new RunAbandoned('The store cannot be written to.', { cause: error });
      waitedMs += pauseMs;
      await sleep(pauseMs);
    }
  }
}

/** Whether an earlier try was committed though its answer was lost. Only the holder of the lease writes this step. */
async function isCommitted(store: Pick<Store, 'query'>, { lease, step, end }: StepCommit): Promise<boolean> {
  // An end lets go of the lease, so trying it again is refused and comes to the same.
  if (step === undefined || end !== undefined) return false;
  const row = await store.query
    .selectFrom('steps')
    .innerJoin('tasks', 'tasks.id', 'steps.task_id')
    .select('steps.step')
    .where('steps.task_id', '=', lease.taskId)
    .where('steps.step', '=', step.step)
    .where('tasks.owner', '=', lease.owner)
    .where('tasks.epoch', '=', lease.epoch)
    .executeTakeFirst();
  return row !== undefined;
}

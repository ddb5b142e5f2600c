import type { TaskRow } from './schema.ts';

/** A claim that the store knows of. */
export type KnownClaim = Pick<TaskRow, 'id' | 'epoch'>;

/**
 * Finds the claims of this worker that it does not work on: the answer to the claim was lost on its way, or a commit
 * failed for so long that the run gave up. A claim counts once two looks in a row have found it so, since one that is
 * just being delivered looks the same.
 */
export class UnheldTasks {
  #suspected: ReadonlySet<string> = new Set();

  /** @param running All that the store says this worker runs. */
  look(running: readonly KnownClaim[], holds: (taskId: string) => boolean): KnownClaim[] {
    const unheld = running.filter(({ id }) => !holds(id));
    const found = unheld.filter((claim) => this.#suspected.has(nameOf(claim)));
    this.#suspected = new Set(unheld.map(nameOf));
    return found;
  }
}

function nameOf({ id, epoch }: KnownClaim): string {
  return `${id} ${epoch}`;
}

import type { TaskChange } from './store.ts';

/** Tells listeners of committed changes, in the order of the commits. */
export class TaskChanges {
  readonly #listeners = new Set<(change: TaskChange) => void>();

  /** Adds a listener; returns the way to remove it. */
  listen(listener: (change: TaskChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells all listeners. */
  tell(changes: readonly TaskChange[]): void {
    for (const change of changes) for (const listener of this.#listeners) listener(change);
  }
}

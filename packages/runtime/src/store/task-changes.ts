import type { TaskChange } from './store.ts';

/** Tells listeners of committed changes, in the order of the commits. */
export class TaskChanges {
  readonly #listeners = new Set<(change: TaskChange) => void>();
  readonly #eventListeners = new Set<(subjectId: string) => void>();
  readonly #missedListeners = new Set<() => void>();

  /** Adds a listener; returns the way to remove it. */
  listen(listener: (change: TaskChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Adds a listener that is told whatever has new events; returns the way to remove it. */
  listenForEvents(listener: (subjectId: string) => void): () => void {
    this.#eventListeners.add(listener);
    return () => this.#eventListeners.delete(listener);
  }

  /** Adds a listener that is told where changes may have been missed; returns the way to remove it. */
  listenForMissed(listener: () => void): () => void {
    this.#missedListeners.add(listener);
    return () => this.#missedListeners.delete(listener);
  }

  /** Tells that changes may have been missed: whoever waits for one looks again. */
  tellMissed(): void {
    for (const listener of [...this.#missedListeners]) listener();
  }

  /** Tells all listeners. `subjects`: what has new events besides the tasks that changed. */
  tell(changes: readonly TaskChange[], subjects: readonly string[] = []): void {
    for (const change of changes) {
      for (const listener of this.#listeners) listener(change);
      for (const listener of this.#eventListeners) listener(change.taskId);
    }
    for (const subject of subjects) for (const listener of this.#eventListeners) listener(subject);
  }
}

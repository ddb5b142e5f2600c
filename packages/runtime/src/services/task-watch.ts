import type { Store, TaskChange } from '../store/store.ts';

/** One listener on the store for all who wait for tasks. */
export class TaskWatch {
  readonly #watched = new Map<string, Set<WatchedTask>>();
  readonly #stopListening: () => void;
  #isClosed = false;

  constructor(store: Pick<Store, 'onTaskChange'>) {
    this.#stopListening = store.onTaskChange((change) => {
      const watched = this.#watched.get(change.taskId);
      if (watched !== undefined) for (const task of watched) task.tell(change);
    });
  }

  /** Starts to watch; call it before the task is read, so that no change falls between. */
  open(taskId: string): WatchedTask {
    const beside = this.#watched.get(taskId) ?? new Set();
    const task: WatchedTask = new WatchedTask(() => this.#remove(taskId, task));
    if (this.#isClosed) task.release();
    beside.add(task);
    this.#watched.set(taskId, beside);
    return task;
  }

  /** Tasks that are watched now. */
  get size(): number {
    return this.#watched.size;
  }

  /** Lets everyone who waits go at once, and nobody wait from now on: the process is about to end. */
  close(): void {
    this.#isClosed = true;
    this.#stopListening();
    for (const watched of this.#watched.values()) for (const task of watched) task.release();
  }

  #remove(taskId: string, task: WatchedTask): void {
    const beside = this.#watched.get(taskId);
    beside?.delete(task);
    if (beside?.size === 0) this.#watched.delete(taskId);
  }
}

/** What a watched task has come to since it was opened. */
export class WatchedTask {
  readonly #remove: () => void;
  #latest: TaskChange | undefined;
  #isReleased = false;
  #lookAgain: (() => void) | undefined;

  constructor(remove: () => void) {
    this.#remove = remove;
  }

  /** Resolves when a change is as wanted, the time is up, the client has left, or the process is about to end. */
  until(isWanted: (change: TaskChange) => boolean, timeoutMs: number, signal: AbortSignal): Promise<void> {
    const isOver = () => this.#isReleased || signal.aborted || (this.#latest !== undefined && isWanted(this.#latest));
    if (isOver()) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        this.#lookAgain = undefined;
        resolve();
      };
      const timer = setTimeout(finish, timeoutMs);
      signal.addEventListener('abort', finish);
      this.#lookAgain = () => {
        if (isOver()) finish();
      };
    });
  }

  /** A committed change of the task. */
  tell(change: TaskChange): void {
    this.#latest = change;
    this.#lookAgain?.();
  }

  /** Ends what waits, and lets nothing wait from now on. */
  release(): void {
    this.#isReleased = true;
    this.#lookAgain?.();
  }

  /** Stops to watch. */
  close(): void {
    this.#remove();
  }
}

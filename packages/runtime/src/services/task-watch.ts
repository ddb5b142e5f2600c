import type { Store, TaskChange } from '../store/store.ts';

type Listener = (change: TaskChange) => void;

/** One listener on the store for all who wait for tasks. */
export class TaskWatch {
  readonly #watchers = new Map<string, Set<Listener>>();
  readonly #stopListening: () => void;
  readonly #closing = new AbortController();

  constructor(store: Pick<Store, 'onTaskChange'>) {
    this.#stopListening = store.onTaskChange((change) => {
      const listeners = this.#watchers.get(change.taskId);
      if (listeners !== undefined) for (const listener of listeners) listener(change);
    });
  }

  /** Starts to watch; call it before the task is read, so that no change falls between. */
  open(taskId: string): WatchedTask {
    const listeners = this.#watchers.get(taskId) ?? new Set();
    this.#watchers.set(taskId, listeners);
    return new WatchedTask({
      closing: this.#closing.signal,
      listen: (listener) => listeners.add(listener),
      end: (listener) => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.#watchers.get(taskId) === listeners) this.#watchers.delete(taskId);
      },
    });
  }

  /** Tasks that are watched now. */
  get size(): number {
    return this.#watchers.size;
  }

  /** Lets everyone who waits go at once: the process is about to end. */
  close(): void {
    this.#stopListening();
    this.#closing.abort();
  }
}

/** What a watched task has come to since it was opened. */
export class WatchedTask {
  readonly #home: { closing: AbortSignal; listen(listener: Listener): void; end(listener: Listener): void };
  readonly #listener: Listener = (change) => {
    this.#latest = change;
    this.#wakeUp?.();
  };
  #latest: TaskChange | undefined;
  #wakeUp: (() => void) | undefined;

  constructor(home: { closing: AbortSignal; listen(listener: Listener): void; end(listener: Listener): void }) {
    this.#home = home;
    home.listen(this.#listener);
  }

  /** Resolves when a change is as wanted, the time is up, the client has left, or the process is about to end. */
  until(isWanted: (change: TaskChange) => boolean, timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { closing } = this.#home;
    if (this.#isAsWanted(isWanted) || signal.aborted || closing.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        closing.removeEventListener('abort', finish);
        this.#wakeUp = undefined;
        resolve();
      };
      const timer = setTimeout(finish, timeoutMs);
      signal.addEventListener('abort', finish);
      closing.addEventListener('abort', finish);
      this.#wakeUp = () => {
        if (this.#isAsWanted(isWanted)) finish();
      };
    });
  }

  /** Stops to watch. */
  close(): void {
    this.#home.end(this.#listener);
  }

  #isAsWanted(isWanted: (change: TaskChange) => boolean): boolean {
    return this.#latest !== undefined && isWanted(this.#latest);
  }
}

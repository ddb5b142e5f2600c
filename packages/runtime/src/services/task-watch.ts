import { readTaskChanges } from '../store/read-task-changes.ts';
import type { Store, TaskChange } from '../store/store.ts';
import { isStoreOutage } from '../store-outage.ts';

/** Where no news arrives, tasks that are watched are looked at this often, milliseconds: who sends it may have died. */
const slowLookMs = 5_000;
/** Tasks of one look, which is one statement. */
const tasksAtOnce = 500;

/** What a watch needs. */
export interface TaskWatchParts {
  store: Pick<Store, 'query' | 'onTaskChange' | 'onMissedNews'>;
  /** Told of looks that fail though the store is there. Default: nobody. */
  onError?: ((error: unknown) => void) | undefined;
}

/**
 * One listener on the store for all who wait for tasks. Where news may have been missed, one statement looks at hundreds
 * of tasks.
 */
export class TaskWatch {
  readonly #parts: TaskWatchParts;
  readonly #watched = new Map<string, Set<WatchedTask>>();
  readonly #stops: readonly (() => void)[];
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isClosed = false;

  constructor(parts: TaskWatchParts) {
    this.#parts = parts;
    this.#stops = [
      parts.store.onTaskChange((change) => this.#tell(change)),
      parts.store.onMissedNews(() => this.#lookSoon()),
    ];
  }

  /** Starts to watch; call it before the task is read, so that no change falls between. */
  open(taskId: string): WatchedTask {
    const beside = this.#watched.get(taskId) ?? new Set();
    const task: WatchedTask = new WatchedTask(() => this.#remove(taskId, task));
    if (this.#isClosed) task.release();
    beside.add(task);
    this.#watched.set(taskId, beside);
    this.#timer ??= setInterval(() => this.#lookSoon(), slowLookMs).unref();
    return task;
  }

  /** Tasks that are watched now. */
  get size(): number {
    return this.#watched.size;
  }

  /** Lets everyone who waits go at once, and nobody wait from now on: the process is about to end. */
  close(): void {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    for (const watched of this.#watched.values()) for (const task of watched) task.release();
  }

  #tell(change: TaskChange): void {
    const watched = this.#watched.get(change.taskId);
    if (watched !== undefined) for (const task of watched) task.tell(change);
  }

  #remove(taskId: string, task: WatchedTask): void {
    const beside = this.#watched.get(taskId);
    beside?.delete(task);
    if (beside?.size === 0) this.#watched.delete(taskId);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #lookSoon(): void {
    const { onError } = this.#parts;
    this.#looking ??= this.#look()
      .catch((error: unknown) => {
        // It is looked again soon.
        if (!isStoreOutage(error)) onError?.(error);
      })
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async #look(): Promise<void> {
    const ids = [...this.#watched.keys()];
    for (let at = 0; at < ids.length && !this.#isClosed; at += tasksAtOnce) {
      const changes = await readTaskChanges(this.#parts.store.query, ids.slice(at, at + tasksAtOnce));
      for (const change of changes) this.#tell(change);
    }
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

  /** A committed change of the task. Of several processes, they come in any order. */
  tell(change: TaskChange): void {
    if (this.#latest !== undefined && this.#latest.version >= change.version) return;
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

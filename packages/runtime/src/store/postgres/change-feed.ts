import type { TaskRow } from '../schema.ts';
import type { Signals, TaskChange } from '../store.ts';
import type { TaskChanges } from '../task-changes.ts';
import type { Runner } from './hot-statements.ts';

/** The channel on which processes tell each other of committed changes. */
export const changeChannel = 'runctl_changes';

/**
 * Between two notifications pass so many milliseconds, in which changes are collected: each costs every writer a lock at
 * its commit. The first after a pause goes out at once.
 */
const collectMs = 5;
/** Signals alone are collected this long, in milliseconds: nobody sees text grow faster. */
const collectSignalsMs = 20;
/** What could not be sent is tried again after so many milliseconds. */
const retryMs = 1_000;
/** Notifications that are kept until they can be sent. Of more, only that there were some is told. */
const mostUnsent = 100;
/** Characters a notification holds; Postgres takes less than 8 000 bytes. */
const largestPayload = 7_000;

/** As it travels: task, version, status. */
type WireChange = [string, number, TaskRow['status']];
interface Wire {
  from: string;
  /** Postgres drops a notification that is the same as another one of its transaction; counted, none is. */
  n: number;
  wake: boolean;
  /** Changes were not told one by one. */
  missed?: boolean;
  changes: WireChange[];
  /** What has new events besides those tasks. */
  subjects?: string[];
  signal?: string;
}

/** For all processes, from one that has no feed: what it has changed may make work ready. */
export const lookForWork = JSON.stringify({ from: 'operator', n: 0, wake: true, changes: [] } satisfies Wire);

/**
 * Committed changes, told here at once and to the other processes a few milliseconds later. What cannot be sent now is
 * kept and sent later. A notification may still be lost with its process; who waits for a change looks again by itself now
 * and then.
 */
export class ChangeFeed implements Signals {
  readonly #processId: string;
  readonly #local: TaskChanges;
  readonly #runner: () => Runner;
  readonly #listeners = new Set<(text: string) => void>();
  /** What could not be sent, oldest first. */
  #unsent: Partial<Wire>[] = [];
  #isClosed = false;
  #changes: WireChange[] = [];
  #subjects: string[] = [];
  #signals: string[] = [];
  #wake = false;
  #sent = 0;
  #flushedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #signalTimer: NodeJS.Timeout | undefined;

  /** @param runner What to send by: the connection that listens, or another one while that one is away. */
  constructor(processId: string, local: TaskChanges, runner: () => Runner) {
    this.#processId = processId;
    this.#local = local;
    this.#runner = runner;
  }

  /** Tells of committed changes, and of what else has new events; `wake` asks other workers to look for work. */
  tell(changes: readonly TaskChange[], wake: boolean, subjects: readonly string[] = []): void {
    this.#local.tell(changes, subjects);
    for (const { taskId, version, status } of changes) this.#changes.push([taskId, version, status]);
    this.#subjects.push(...subjects);
    this.#wake ||= wake;
    const hasNews = changes.length > 0 || subjects.length > 0 || wake;
    if (hasNews) this.#timer ??= setTimeout(() => void this.flush(), this.#flushedAt + collectMs - performance.now());
  }

  /** Goes out before the changes that are told after it. */
  send(text: string): void {
    this.#signals.push(text);
    this.#signalTimer ??= setTimeout(() => void this.flush(), collectSignalsMs);
  }

  listen(listener: (text: string) => void, onMissed: () => void = () => undefined): () => void {
    this.#listeners.add(listener);
    const stop = this.#local.listenForMissed(onMissed);
    return () => {
      this.#listeners.delete(listener);
      stop();
    };
  }

  /** Takes a notification in; true where work may be ready. */
  receive(payload: string): boolean {
    const { from, wake, missed = false, changes, subjects = [], signal } = JSON.parse(payload) as Wire;
    if (from === this.#processId) return false;
    if (signal !== undefined) for (const listener of this.#listeners) listener(signal);
    const told = changes.map(([taskId, version, status]) => ({ taskId, version, status }));
    this.#local.tell(told, subjects);
    if (missed) this.#local.tellMissed();
    return wake;
  }

  /** Sends what is pending for the last time. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.flush();
  }

  /** Sends what is pending. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    clearTimeout(this.#signalTimer);
    this.#timer = undefined;
    this.#signalTimer = undefined;
    this.#flushedAt = performance.now();
    const pending = [...this.#unsent.splice(0), ...this.#takePending()];
    if (pending.length === 0) return;
    const payloads = pending.map((part) => JSON.stringify(this.#numbered(part)));
    try {
      await this.#runner().query('SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload', [
        changeChannel,
        payloads,
      ]);
    } catch {
      this.#keep(pending);
    }
  }

  /** Others wait for what could not be sent; but for signals, which come at once or not at all. */
  #keep(parts: readonly Partial<Wire>[]): void {
    this.#unsent.unshift(...parts.filter(({ signal }) => signal === undefined));
    if (this.#unsent.length > mostUnsent) this.#unsent = [{ missed: true, wake: true }];
    if (this.#unsent.length > 0 && !this.#isClosed)
      this.#timer ??= setTimeout(() => void this.flush(), retryMs).unref();
  }

  #takePending(): Partial<Wire>[] {
    const pending: Partial<Wire>[] = [
      ...this.#signals.map((signal) => ({ signal })),
      ...split(this.#changes).map((changes) => ({ changes })),
      ...split(this.#subjects).map((subjects) => ({ subjects })),
    ];
    if (this.#wake) pending.push({ ...pending.pop(), wake: true });
    this.#signals = [];
    this.#changes = [];
    this.#subjects = [];
    this.#wake = false;
    return pending;
  }

  #numbered(part: Partial<Wire>): Wire {
    this.#sent += 1;
    return { from: this.#processId, n: this.#sent, wake: false, changes: [], ...part };
  }
}

function split<Item>(items: readonly Item[]): Item[][] {
  const parts: Item[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const length = JSON.stringify(item).length + 1;
    if (size + length > largestPayload) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)?.push(item);
    size += length;
  }
  return parts;
}

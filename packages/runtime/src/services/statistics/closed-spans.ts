import type { Span } from '../period-window.ts';

const minute = 60_000;
const hour = 60 * minute;
/**
 * A span is closed so long after its end: what ended in it has been committed by then. A commit that the store does not
 * take is given up after half a minute of pauses, and the clocks of the processes differ by seconds.
 */
const settledAfterMs = 5 * minute;
/** What nobody foresaw, such as a clock that was set back, is seen so much later at most. */
const freshForMs = 10 * minute;
const defaultBytes = 16 * 2 ** 20;
/** What one entry takes besides its samples. */
const entryBytes = 1_000;

interface Entry {
  value: Promise<unknown>;
  readAt: number;
  bytes: number;
}

/**
 * Remembers what closed spans of time came to. The past does not change: tasks that have ended keep their rows, whatever
 * is removed of their traces. So of a month that is looked at again only the bucket that is still open is summed up
 * anew, and nothing has to be told between processes. A window rarely begins and ends where a bucket does; the cut
 * buckets at its ends are different each time, so they are not kept.
 *
 *   open --5 minutes after its end--> closed --looked at--> kept --10 minutes, or no room--> closed
 */
export class ClosedSpans {
  readonly #now: () => number;
  readonly #mostBytes: number;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor({ now, mostBytes = defaultBytes }: { now: () => number; mostBytes?: number }) {
    this.#now = now;
    this.#mostBytes = mostBytes;
  }

  /** Bytes that are kept, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** All the past up to the last full hour that is closed. */
  get past(): Span {
    return { from: 0, to: Math.floor((this.#now() - settledAfterMs) / hour) * hour };
  }

  /** Whether a span is one that is kept. */
  isKept({ from, to }: Span): boolean {
    return from % minute === 0 && to % minute === 0 && to <= this.#now() - settledAfterMs;
  }

  /**
   * What `look` says of a span, from memory where it is known.
   *
   * @param of What is looked at besides the span: the tenant first, then everything that `look` depends on.
   * @param bytesOf How much memory it takes.
   */
  look<Value>(
    of: readonly (string | undefined)[],
    span: Span,
    look: () => Promise<Value>,
    bytesOf: (value: Value) => number,
  ): Promise<Value> {
    if (!this.isKept(span)) return look();
    const key = JSON.stringify([...of, span.from, span.to]);
    const known = this.#entries.get(key);
    this.#forget(key);
    const isFresh = known !== undefined && this.#now() - known.readAt < freshForMs;
    const entry = isFresh ? known : { value: look(), readAt: this.#now(), bytes: entryBytes };
    this.#keep(key, entry);
    if (!isFresh) this.#weigh(key, entry, bytesOf as (value: unknown) => number);
    return entry.value as Promise<Value>;
  }

  #weigh(key: string, entry: Entry, bytesOf: (value: unknown) => number): void {
    const isThere = () => this.#entries.get(key) === entry;
    entry.value.then(
      (value) => {
        if (!isThere()) return;
        this.#forget(key);
        this.#keep(key, { ...entry, bytes: entryBytes + bytesOf(value) });
      },
      () => {
        if (isThere()) this.#forget(key);
      },
    );
  }

  #keep(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#mostBytes) break;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}

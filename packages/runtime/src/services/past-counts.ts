import { hourOf } from '../full-hours.ts';

/**
 * An hour belongs to the past so long after its end: what was written in it has been committed by then. A commit that the
 * store does not take is given up after half a minute of pauses, and the clocks of the processes differ by seconds.
 */
const settledAfterMs = 5 * 60_000;
/** What nobody foresaw, such as a clock that was set back, is seen so much later at most. */
const freshForMs = 10 * 60_000;
/** A few hundred bytes each. */
const mostLists = 10_000;

interface KnownCount {
  count: Promise<number>;
  readAt: number;
}

/**
 * Remembers how many entries of a list lie in the past, which does not change: whoever turns the pages of a long list has
 * what came since counted alone.
 */
export class PastCounts {
  readonly #now: () => number;
  readonly #most: number;
  /** Least recently used first. */
  readonly #known = new Map<string, KnownCount>();

  constructor({ now, most = mostLists }: { now: () => number; most?: number }) {
    this.#now = now;
    this.#most = most;
  }

  /** Where the past ends, at a full hour; milliseconds since the epoch. */
  get end(): number {
    return hourOf(this.#now() - settledAfterMs);
  }

  /**
   * How many there are before an {@link end}, from memory where it is known.
   *
   * @param list The tenant first, then everything that `count` depends on.
   */
  before(end: number, list: readonly string[], count: () => Promise<number>): Promise<number> {
    const key = JSON.stringify([...list, end]);
    const known = this.#known.get(key);
    this.#known.delete(key);
    const isFresh = known !== undefined && this.#now() - known.readAt < freshForMs;
    const entry = isFresh ? known : { count: count(), readAt: this.#now() };
    this.#known.set(key, entry);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= this.#most) break;
      this.#known.delete(oldest);
    }
    if (!isFresh) this.#forgetFailed(key, entry);
    return entry.count;
  }

  #forgetFailed(key: string, entry: KnownCount): void {
    entry.count.catch(() => {
      if (this.#known.get(key) === entry) this.#known.delete(key);
    });
  }
}

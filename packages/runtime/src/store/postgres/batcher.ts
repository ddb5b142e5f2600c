import { isStoreOutage } from '../../store-outage.ts';

interface Waiting<Item, Result> {
  item: Item;
  resolve(result: Result): void;
  reject(reason: unknown): void;
}

/** Items in one flush. */
const largestBatch = 200;

/**
 * Group commit over a network: what arrives while a flush is under way goes with the next one. A flush that fails is
 * done again item by item, so that one bad item harms no other; where the database is away it fails for all of them, and
 * each is asked for again by who knows how long that is of use.
 */
export class Batcher<Item, Result> {
  readonly #flush: (items: Item[]) => Promise<Result[]>;
  #waiting: Waiting<Item, Result>[] = [];
  #flushing: Promise<void> | undefined;

  constructor(flush: (items: Item[]) => Promise<Result[]>) {
    this.#flush = flush;
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#flushing ??= this.#run();
    });
  }

  /** Resolves when nothing is waiting. */
  async drained(): Promise<void> {
    await this.#flushing;
  }

  async #run(): Promise<void> {
    // After this turn: what was asked for together is flushed together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#flushBatch(this.#waiting.splice(0, largestBatch));
    this.#flushing = undefined;
  }

  async #flushBatch(batch: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#flush(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
    } catch (reason) {
      const [only] = batch;
      if (batch.length === 1) only?.reject(reason);
      else if (isStoreOutage(reason)) for (const { reject } of batch) reject(reason);
      else for (const one of batch) await this.#flushBatch([one]);
    }
  }
}

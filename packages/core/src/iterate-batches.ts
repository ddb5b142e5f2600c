/** What is iterated item by item, though it comes in batches. */
export interface Batches<Item, Value> {
  /** The next batch, which may be empty; `undefined` at the end. Its error is thrown once, and is the end. */
  load: () => Promise<readonly Item[] | undefined>;
  /** What an item becomes when it is its turn; `undefined` passes over it. What it throws is thrown, and is the end. */
  take: (item: Item, index: number, batch: readonly Item[]) => Value | undefined;
  /** Called once, at the end: the last batch was read, something failed, or the loop was left. */
  leave?: () => void;
}

/** An iterator whose loop can be left from outside, too. */
export interface BatchIterator<Value> extends AsyncIterableIterator<Value> {
  /** Leaves the loop: what was loaded is dropped. */
  return(): Promise<IteratorResult<Value>>;
}

/**
 * Iterates the items of batches; the next batch is loaded when an item of it is asked for. An object by hand, not an async
 * generator: a `yield` costs a microtask more for each item.
 */
export function iterateBatches<Item, Value>({ load, take, leave }: Batches<Item, Value>): BatchIterator<Value> {
  let batch: readonly Item[] = [];
  let index = 0;
  let isOver = false;
  let loading: Promise<void> | undefined;
  const over: IteratorResult<Value> = { done: true, value: undefined };

  const end = () => {
    if (isOver) return;
    isOver = true;
    batch = [];
    leave?.();
  };
  const turn = async () => {
    try {
      const loaded = await load();
      if (!loaded) end();
      if (isOver) return;
      batch = loaded as readonly Item[];
      index = 0;
    } catch (error) {
      if (isOver) return;
      end();
      throw error;
    } finally {
      loading = undefined;
    }
  };
  const next = (): Promise<IteratorResult<Value>> => {
    try {
      while (index < batch.length) {
        const value = take(batch[index] as Item, index++, batch);
        if (value !== undefined) return Promise.resolve({ done: false, value });
      }
    } catch (error) {
      end();
      return Promise.reject(error);
    }
    if (isOver) return Promise.resolve(over);
    loading ??= turn();
    return loading.then(next);
  };
  return {
    next,
    return: async () => {
      end();
      return over;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

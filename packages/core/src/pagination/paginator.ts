import { RunctlConfigError } from '../errors/config-error.ts';
import type { PaginatedResponse } from './page.ts';
import { type LoadPage, PageWalk } from './page-walk.ts';

/**
 * Walks a list of any length. It asks for the next page when the loop needs it, at most one page ahead, and stops asking
 * when the loop stops. An error ends the walk; its `cursor` names the page that failed, for `list` to go on from.
 */
export interface Paginator<T> extends AsyncIterableIterator<T> {
  /** The same list from its start, a page at a time. */
  pages(): AsyncIterableIterator<PaginatedResponse<T>>;
  /** The first `limit` items of the list, from its start. */
  toArray(options: { limit: number }): Promise<T[]>;
}

/**
 * A paginator over a function that loads one page. The next page is asked for while the current one is read: of the first
 * page when half of it is read, since many loops end there; from then on at once.
 *
 * @example
 * const paginator = paginate<Agent>((page) => client.agents.list({ limit: 100, ...page }));
 */
export function paginate<T>(load: LoadPage<T>): Paginator<T> {
  return new ItemWalk(load);
}

/** An object by hand, not an async generator: a `yield` costs a microtask more for each item. */
class ItemWalk<T> implements Paginator<T> {
  readonly #load: LoadPage<T>;
  readonly #walk: PageWalk<T>;
  #items: T[] = [];
  #index = 0;
  #half = 0;
  #loading: Promise<void> | undefined;
  #done = false;

  constructor(load: LoadPage<T>) {
    this.#load = load;
    this.#walk = new PageWalk(load);
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#index < this.#items.length) {
      const value = this.#items[this.#index] as T;
      this.#index += 1;
      if (this.#index === this.#half) this.#walk.lookAhead();
      return Promise.resolve({ done: false, value });
    }
    if (this.#done) return Promise.resolve({ done: true, value: undefined });
    this.#loading ??= this.#turnPage();
    return this.#loading.then(() => this.next());
  }

  return(): Promise<IteratorResult<T>> {
    this.#done = true;
    this.#items = [];
    return this.#walk.return().then(() => ({ done: true, value: undefined }));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  pages(): AsyncIterableIterator<PaginatedResponse<T>> {
    return new PageWalk(this.#load);
  }

  async toArray({ limit }: { limit: number }): Promise<T[]> {
    if (!(limit >= 0)) throw new RunctlConfigError('`toArray` takes a `limit`: the most items to collect.');
    const items: T[] = [];
    if (limit === 0) return items;
    for await (const page of new PageWalk(this.#load, false)) {
      items.push(...page.data.slice(0, limit - items.length));
      if (items.length >= limit) break;
    }
    return items;
  }

  async #turnPage(): Promise<void> {
    try {
      const { done, value } = await this.#walk.next();
      if (done || this.#done) {
        this.#done = true;
        return;
      }
      this.#items = value.data;
      this.#index = 0;
      this.#half = Math.ceil(value.data.length / 2);
    } catch (error) {
      this.#done = true;
      throw error;
    } finally {
      this.#loading = undefined;
    }
  }
}

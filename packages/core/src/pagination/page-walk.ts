import { RunctlDecodeError } from '../errors/decode-error.ts';
import { hasErrorMark } from '../errors/error-mark.ts';
import { responseMeta } from '../transport/response-meta.ts';
import type { PaginatedResponse } from './page.ts';

/** Asks for one page; without a cursor for the first. */
export type LoadPage<T> = (page: { cursor?: string }) => Promise<PaginatedResponse<T>>;

/** Pages without an item, one after another, after which the server is taken to be broken. */
const MOST_EMPTY_PAGES = 3;

/** Walks the pages of a list by cursor. One page at most is asked for before it is taken. */
export class PageWalk<T> implements AsyncIterableIterator<PaginatedResponse<T>> {
  readonly #load: LoadPage<T>;
  readonly #eager: boolean;
  readonly #cursors = new Set<string>();
  /** Of the page that comes next; null when there is none. */
  #cursor: string | undefined | null;
  #ahead: Promise<PaginatedResponse<T>> | undefined;
  #emptyPages = 0;
  #queue: Promise<unknown> = Promise.resolve();

  /** `eager`: from the second page on, the next one is asked for as soon as one is taken. */
  constructor(load: LoadPage<T>, eager = true) {
    this.#load = load;
    this.#eager = eager;
  }

  /** Asks for the next page now, so that it is there when it is taken. */
  lookAhead(): void {
    if (this.#ahead || this.#cursor === null) return;
    this.#ahead = this.#load(this.#cursor === undefined ? {} : { cursor: this.#cursor });
    // Its failure is thrown where the page is taken; if it never is, nobody has missed it.
    this.#ahead.catch(() => undefined);
  }

  next(): Promise<IteratorResult<PaginatedResponse<T>>> {
    const taken = this.#queue.then(() => this.#take());
    this.#queue = taken.catch(() => undefined);
    return taken;
  }

  async return(): Promise<IteratorResult<PaginatedResponse<T>>> {
    this.#cursor = null;
    this.#ahead = undefined;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #take(): Promise<IteratorResult<PaginatedResponse<T>>> {
    const cursor = this.#cursor;
    try {
      this.lookAhead();
      const page = await this.#ahead;
      this.#ahead = undefined;
      if (page === undefined || this.#cursor === null) return { done: true, value: undefined };
      this.#cursor = this.#follow(page);
      if (this.#eager && cursor !== undefined) this.lookAhead();
      return { done: false, value: page };
    } catch (error) {
      this.#cursor = null;
      this.#ahead = undefined;
      throw typeof cursor === 'string' && hasErrorMark(error, 'RunctlError')
        ? Object.assign(error as Error, { cursor })
        : error;
    }
  }

  /** The cursor that follows a page; a server that leads in circles is stopped. */
  #follow(page: PaginatedResponse<T>): string | null {
    if (!Array.isArray(page?.data)) throw brokenList(page, 'A page of the list has no `data`.');
    const { data, nextCursor } = page;
    if (typeof nextCursor !== 'string' || nextCursor === '') return null;
    if (this.#cursors.has(nextCursor)) throw brokenList(page, 'The list leads in a circle: a cursor came twice.');
    this.#cursors.add(nextCursor);
    this.#emptyPages = data.length > 0 ? 0 : this.#emptyPages + 1;
    if (this.#emptyPages > MOST_EMPTY_PAGES) {
      throw brokenList(page, `The list says that more follows, but ${this.#emptyPages} pages in a row were empty.`);
    }
    return nextCursor;
  }
}

function brokenList(page: object | undefined, message: string): RunctlDecodeError {
  const meta = page && responseMeta(page);
  return new RunctlDecodeError(message, {
    code: 'response.invalid',
    status: meta?.status ?? 200,
    requestId: meta?.requestId ?? undefined,
    attempts: meta?.attempts ?? 1,
  });
}

import { RunctlDecodeError } from '../errors/decode-error.ts';
import { hasErrorMark } from '../errors/error-mark.ts';
import { own } from '../own.ts';
import { responseMeta } from '../transport/response-meta.ts';
import type { PaginatedResponse } from './page.ts';

/** Asks for one page; without a cursor for the first. */
export type LoadPage<T> = (page: { cursor?: string }) => Promise<PaginatedResponse<T>>;

/** Walks the pages of a list by cursor. One page at most is asked for before it is taken. */
export interface PageWalk<T> {
  /** The next page; `undefined` after the last one. An error tells the cursor of its page. */
  take: () => Promise<PaginatedResponse<T> | undefined>;
  /** Asks for the next page now, so that it is there when it is taken. */
  lookAhead: () => void;
}

/** `isEager`: from the second page on, the next one is asked for as soon as one is taken. */
export function walkPages<T>(load: LoadPage<T>, isEager: boolean): PageWalk<T> {
  const cursors = new Set<string>();
  /** Of the page that comes next; null when there is none. */
  let cursor: string | null | undefined;
  let ahead: Promise<PaginatedResponse<T>> | undefined;
  let emptyPages = 0;

  const lookAhead = () => {
    if (ahead || cursor === null) return;
    ahead = load(own({ cursor }) as { cursor?: string });
    // Its failure is thrown where the page is taken; if it never is, nobody has missed it.
    ahead.catch(() => undefined);
  };
  /** The cursor that follows a page; a server that leads in circles is stopped. */
  const follow = (page: PaginatedResponse<T>): string | null => {
    /** Pages without an item, one after another, after which the server is taken to be broken. */
    const MOST_EMPTY_PAGES = 3;
    const { data, nextCursor } = page;
    if (!Array.isArray(data)) throw brokenList(page, 'has a page without `data`');
    if (!nextCursor) return null;
    emptyPages = data.length > 0 ? 0 : emptyPages + 1;
    if (emptyPages > MOST_EMPTY_PAGES) throw brokenList(page, `has ${emptyPages} empty pages in a row`);
    if (cursors.has(nextCursor)) throw brokenList(page, 'repeats a cursor');
    cursors.add(nextCursor);
    return nextCursor;
  };
  const take = async () => {
    const at = cursor;
    try {
      lookAhead();
      const page = await ahead;
      ahead = undefined;
      if (!page) return page;
      cursor = follow(page);
      if (isEager && at) lookAhead();
      return page;
    } catch (error) {
      throw at && hasErrorMark(error, 'RunctlError') ? Object.assign(error as Error, { cursor: at }) : error;
    }
  };
  return { take, lookAhead };
}

function brokenList(page: object, problem: string): RunctlDecodeError {
  const { status = 200, requestId, attempts } = responseMeta(page) ?? {};
  return new RunctlDecodeError(`The list ${problem}.`, { status, requestId: requestId ?? undefined, attempts });
}

import type { ListQuery, PaginatedResponse } from '@runctl/core';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { invalid } from './failure.ts';

const defaultLimit = 20;

/** Which rows a page needs: newest first, `before` exclusive. */
export interface Slice {
  before: string | undefined;
  offset: number;
  limit: number;
}

/** Where a list's rows come from. */
export interface PageSource<Row> {
  rows(slice: Slice): Promise<Row[]>;
  count(): Promise<number>;
}

/**
 * One page of a list, newest first. By cursor it starts behind a row, so rows that come meanwhile move nothing; by
 * number it also says how long the whole list is, which is counted unless the page shows its end.
 */
export async function readPage<Row extends { id: string }, Item>(
  query: ListQuery,
  source: PageSource<Row>,
  toItem: (row: Row) => Item,
): Promise<PaginatedResponse<Item>> {
  const limit = query.limit ?? defaultLimit;
  if (query.cursor !== undefined && query.page !== undefined) {
    throw invalid([{ path: 'page', code: 'conflict', message: 'Expected page or cursor, not both.' }]);
  }
  const page = query.cursor === undefined ? (query.page ?? 1) : null;
  const before = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
  // One row more than asked for tells whether another page follows.
  const offset = page === null ? 0 : (page - 1) * limit;
  const found = await source.rows({ before, offset, limit: limit + 1 });
  const rows = found.slice(0, limit);
  const hasMore = found.length > limit;
  const showsEnd = !hasMore && (offset === 0 || rows.length > 0);
  const counted = () => (showsEnd ? offset + rows.length : source.count());
  const total = page === null ? null : await counted();
  const last = rows.at(-1);
  return {
    data: rows.map(toItem),
    pagination: { page, limit, total, totalPages: total === null ? null : Math.ceil(total / limit), hasMore },
    nextCursor: hasMore && last !== undefined ? encodeCursor(last.id) : null,
  };
}

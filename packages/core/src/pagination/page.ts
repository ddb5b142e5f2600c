/** Where a page stands in its list. */
export interface Pagination {
  /** From 1. Null where the page was asked for by cursor; so are the totals. */
  page: number | null;
  /** The most items that a page holds. */
  limit: number;
  /** Items in the whole list. */
  total: number | null;
  /** Pages in the whole list. */
  totalPages: number | null;
  /** Whether another page follows. */
  hasMore: boolean;
}
/** One page of a list. */
export interface PaginatedResponse<T> {
  /** The items, in the list's order. */
  data: T[];
  /** Where this page stands in its list. */
  pagination: Pagination;
  /** Asks for the next page; null on the last one. */
  nextCursor: string | null;
}
/** Which page of a list is asked for. */
export interface ListQuery {
  /** Items on the page, 1 to 100. Default 20. */
  limit?: number;
  /** From 1. Not together with `cursor`. */
  page?: number;
  /** The `nextCursor` of the page before. */
  cursor?: string;
}
/**
 * What an iteration over a list takes: its filters, without a place in it. A paginator walks by cursor, so rows that come
 * or go meanwhile are neither skipped nor repeated.
 */
export type IterQuery<Query extends ListQuery> = Omit<Query, 'page' | 'cursor'>;

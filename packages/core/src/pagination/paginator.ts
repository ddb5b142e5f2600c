import type { PaginatedResponse } from './page.ts';

/**
 * Walks a list of any length. It asks for the next page when the loop needs it (one page ahead at most) and stops asking
 * when the loop stops.
 */
export interface Paginator<T> extends AsyncIterableIterator<T> {
  /** The same walk, a page at a time. */
  pages(): AsyncIterableIterator<PaginatedResponse<T>>;
  /** Collects at most `limit` items. */
  toArray(options: { limit: number }): Promise<T[]>;
}

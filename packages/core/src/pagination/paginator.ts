import { badOption } from '../errors/config-error.ts';
import { iterateBatches } from '../iterate-batches.ts';
import type { PaginatedResponse } from './page.ts';
import { type LoadPage, walkPages } from './page-walk.ts';

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
  const { take, lookAhead } = walkPages(load, true);
  const items = iterateBatches<T, T>({
    load: async () => (await take())?.data,
    take: (item, index, { length }) => {
      if (index * 2 + 2 >= length) lookAhead();
      return item;
    },
  });
  return {
    ...items,
    pages() {
      const walk = walkPages(load, true);
      const batch = async () => {
        const page = await walk.take();
        return page && [page];
      };
      return iterateBatches({ load: batch, take: (page: PaginatedResponse<T>) => page });
    },
    async toArray({ limit }) {
      if (!(limit >= 0)) throw badOption('limit', 'the most items to collect');
      const walk = walkPages(load, false);
      const collected: T[] = [];
      while (collected.length < limit) {
        const page = await walk.take();
        if (!page) break;
        collected.push(...page.data.slice(0, limit - collected.length));
      }
      return collected;
    },
  };
}

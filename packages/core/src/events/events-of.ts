import type { RequestOptions, StreamOptions } from '../options/request-options.ts';
import type { ListQuery, PaginatedResponse } from '../pagination/page.ts';
import { type Paginator, paginate } from '../pagination/paginator.ts';
import { queryText } from '../request/query.ts';
import { fillRoute } from '../request/route.ts';
import type { Timestamp } from '../time.ts';
import type { Transport } from '../transport/transport.ts';
import type { EventStream } from './event-stream.ts';

/** The events of one thing, such as a task: what has happened, page by page, and what happens, live. */
export interface EventsOf<Event, Query extends object> {
  /** One page of what has happened. */
  list(id: string, query?: Query & ListQuery, options?: RequestOptions): Promise<PaginatedResponse<Event>>;
  /** All that has happened, page after page. */
  iter(id: string, query?: Query, options?: RequestOptions): Paginator<Event>;
  /** What has happened, or from `after` on, and then what happens, until the thing has ended. */
  stream(id: string, query?: Query, options?: StreamOptions): EventStream<Event>;
  /** The stream's address alone, no credential in it: for an EventSource that can send headers. Sends nothing. */
  streamUrl(id: string, query?: Query & { after?: string }): string;
  /**
   * One request: an address with a read-only token for this one stream, good for minutes: for a browser's EventSource.
   *
   * @example
   * const { url } = await client.tasks.events.createStreamUrl(task.id);
   * const source = new EventSource(url);
   */
  createStreamUrl(
    id: string,
    query?: Query & { after?: string },
    options?: RequestOptions,
  ): Promise<{ url: string; expiresAt: Timestamp }>;
}

/** Where a collection of events is: `{ route: 'GET /tasks/:taskId/events', param: 'taskId' }`. */
export interface EventCollection {
  /** The route of the list; the stream is at `/stream` below it, its tokens at `/stream-tokens`. */
  route: string;
  /** The name of the route's one parameter. */
  param: string;
}

/** The events of a collection, over a transport. */
export function eventsOf<Event, Query extends object>(
  transport: Transport,
  { route, param }: EventCollection,
): EventsOf<Event, Query> {
  const streamRoute = `${route}/stream`;
  const tokenRoute = `${route.replace(/^GET/, 'POST')}/stream-tokens`;
  const streamUrl = (id: string, query?: object) =>
    transport.baseUrl + fillRoute(streamRoute, { [param]: id }).path + queryText(query);
  const list: EventsOf<Event, Query>['list'] = (id, query, options) =>
    transport.request({ route, params: { [param]: id }, answer: 'page', ...(query && { query }) }, options);

  return {
    list,
    iter: (id, query, options) => paginate((page) => list(id, { ...query, ...page } as Query & ListQuery, options)),
    stream: (id, query, options) =>
      transport.stream({ route: streamRoute, params: { [param]: id }, ...(query && { query }) }, options),
    streamUrl,
    createStreamUrl: async (id, query, options) => {
      const { token, expiresAt } = await transport.request<{ token: string; expiresAt: Timestamp }>(
        { route: tokenRoute, params: { [param]: id } },
        options,
      );
      return { url: streamUrl(id, { ...query, token }), expiresAt };
    },
  };
}

import type { EventStream } from '../events/event-stream.ts';
import type { RequestOptions, StreamOptions } from '../options/request-options.ts';

/**
 * All that a resource knows of the network. An interface without private members, so that two installed copies of core
 * work together, and a test can pass an object of its own.
 */
export interface Transport {
  /** Where the API is, `/v1` included, without a final slash. */
  readonly baseUrl: string;
  /** Sends one call, retries it by the client's rules and returns the decoded answer; `undefined` for an empty one. */
  request<Result>(request: TransportRequest, options?: RequestOptions): Promise<Result>;
  /** Follows a stream of server-sent events. Nothing is sent before the first event is asked for. */
  stream<Event>(request: TransportRequest, options?: StreamOptions): EventStream<Event>;
}

/** One call, before it has an address. */
export interface TransportRequest {
  /** `'POST /agents/:agentId/deploy'`: method and path template in one key. */
  route: string;
  /** Fills the template; each value becomes one path segment, or the call is refused. */
  params?: Record<string, string | number>;
  /** `undefined` and `null` are left out, dates become timestamps, arrays repeat their name. */
  query?: object;
  /** Sent as JSON; checked first for what JSON would lose in silence. */
  body?: unknown;
  /**
   * What the route answers with, to be told from what a broken server or a proxy answers with: one `entity` (an object),
   * a `list` (an array), a `page` (an object with `data`). Default: an entity or a page.
   */
  answer?: 'entity' | 'list' | 'page';
}

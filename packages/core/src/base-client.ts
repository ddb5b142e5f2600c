import type { EventStream } from './events/event-stream.ts';
import type { ClientOptions } from './options/client-options.ts';
import type { RequestOptions, StreamOptions } from './options/request-options.ts';
import type { RunctlClient } from './resource.ts';
import { call } from './transport/call.ts';
import { planFetch, planRequest } from './transport/call-plan.ts';
import { type ClientParts, clientParts, derivedOptions } from './transport/client-parts.ts';
import { openStream } from './transport/open-stream.ts';
import type { TransportRequest } from './transport/transport.ts';

/** What every client can do. `createClient` and the umbrella `Runctl` add the resources. */
export class BaseClient implements RunctlClient {
  /** Where the API is, `/v1` included, without a final slash. */
  readonly baseUrl: string;
  readonly #parts: ClientParts;

  /** @throws {RunctlConfigError} an option is missing, unknown or bad; the error names it, never its value */
  constructor(options: ClientOptions) {
    this.#parts = clientParts(options);
    this.baseUrl = this.#parts.baseUrl;
  }

  /** Sends one call along a route; see {@link RunctlClient}. */
  async request<Result>(request: TransportRequest, options?: RequestOptions): Promise<Result> {
    return call(this.#parts, planRequest(this.#parts, request, options)) as Promise<Result>;
  }

  /** Follows a stream along a route; see {@link RunctlClient}. */
  stream<Event>(request: TransportRequest, options?: StreamOptions): EventStream<Event> {
    return openStream<Event>(this.#parts, request, options);
  }

  /** A `fetch` below `baseUrl` for what has no method; see {@link RunctlClient}. */
  async fetch(path: string, init?: RequestInit & RequestOptions): Promise<Response> {
    return call(this.#parts, planFetch(this.#parts, path, init)) as Promise<Response>;
  }

  /** The same client with other options; see {@link RunctlClient}. */
  withOptions(options: Partial<ClientOptions>): this {
    const OwnClass = this.constructor as new (options: ClientOptions) => this;
    return new OwnClass(derivedOptions(this.#parts, options));
  }
}

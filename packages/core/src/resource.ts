import type { ClientOptions } from './options/client-options.ts';
import type { RequestOptions } from './options/request-options.ts';
import type { Transport } from './transport/transport.ts';

/** Makes one part of a client from a transport. A pure function: nothing runs before it is called. */
export type Resource<R> = (transport: Transport) => R;

/** The parts of a client, by the names they get on it. */
export type Resources = Record<string, Resource<unknown>>;

/** A client with the given resources, each under its name. */
export type Client<R extends Resources> = RunctlClient & { readonly [Name in keyof R]: ReturnType<R[Name]> };

/** What every client can do, whatever its resources. */
export interface RunctlClient extends Transport {
  /**
   * A `fetch` below `baseUrl` with this client's credential, retries, deadlines and errors, for what has no method.
   * The answer is buffered (64 MiB at most); anything but success rejects, as with a method.
   *
   * @example
   * const response = await client.fetch('/agents?limit=1');
   */
  fetch(path: string, init?: RequestInit & RequestOptions): Promise<Response>;
  /** The same client with other options. It shares this client's credential and retry budget. */
  withOptions(options: Partial<ClientOptions>): this;
}

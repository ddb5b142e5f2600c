import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { type AgentOptions, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { parseAllowList } from './allow-list.ts';
import { type Destination, destinationOf } from './destination.ts';
import { EgressFailure } from './egress-error.ts';
import { type Answer, type EgressRequest, sendRequest } from './outgoing-request.ts';

export type { EgressRequest } from './outgoing-request.ts';

/** An answer, whole. Redirects are answers too: none is followed. */
export interface EgressResponse {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Uint8Array;
}

/** An answer whose body arrives as it is read. */
export interface EgressStream {
  status: number;
  /** Names in lower case, without `content-encoding`: the body is decoded. */
  headers: Record<string, string>;
  body: ReadableStream<Uint8Array>;
}

/** The one way out for every call that a tenant can aim. */
export interface EgressGuard {
  /**
   * @throws {EgressRefused} The address may not be called.
   * @throws {EgressFailure} It could not be reached, or its answer broke a bound.
   */
  fetch(url: string, request: EgressRequest): Promise<EgressResponse>;
  /** As {@link EgressGuard.fetch}, resolved with the head of the answer. */
  stream(url: string, request: EgressRequest): Promise<EgressStream>;
  /** What can be said without resolving the name, for addresses that are saved now and called later. @throws {EgressRefused} */
  check(url: string): void;
  /** A guard that also lets these hosts or ranges pass. */
  opening(entries: readonly string[]): EgressGuard;
}

/** What a guard is made of. */
export interface EgressGuardOptions {
  /** Hosts, `host:port`, addresses and CIDR ranges that the operator opened; metadata addresses stay shut. */
  allowedHosts: readonly string[];
  /** Resolves a name to all its addresses. Default: the system's resolver. */
  resolve?: (hostname: string) => Promise<readonly LookupAddress[]>;
}

/**
 * Makes a guard. Public `https:` addresses pass; everything else must have been opened by the operator. A name is
 * resolved once, each of its addresses is judged, and the connection goes to a judged address.
 *
 * @throws {EgressSettingError} An entry of `allowedHosts` cannot be read.
 */
export function createEgressGuard(options: EgressGuardOptions): EgressGuard {
  const { allowedHosts, resolve = resolveBySystem } = options;
  const allowed = parseAllowList(allowedHosts);
  const agents = { 'http:': new HttpAgent(POOL), 'https:': new HttpsAgent(POOL) };

  const send = (url: string, request: EgressRequest): Promise<Answer> => {
    const destination = destinationOf(url, allowed);
    const agent = destination.url.protocol === 'https:' ? agents['https:'] : agents['http:'];
    return sendRequest(destination.url, request, { agent, lookup: lookupFor(destination, resolve) });
  };

  return {
    async fetch(url, request) {
      const answer = await send(url, request);
      return { ...answer, body: await collect(answer.body) };
    },
    async stream(url, request) {
      const answer = await send(url, request);
      return { ...answer, body: toStream(answer.body) };
    },
    check(url) {
      destinationOf(url, allowed);
    },
    opening(entries) {
      return createEgressGuard({ ...options, allowedHosts: [...allowedHosts, ...entries] });
    },
  };
}

/** Idle connections are kept for the next call and do not keep the process alive. */
const POOL: AgentOptions = { keepAlive: true, maxSockets: 256, maxFreeSockets: 8, scheduling: 'lifo' };

function resolveBySystem(hostname: string): Promise<LookupAddress[]> {
  return lookup(hostname, { all: true, verbatim: true });
}

/** Judges every address at the moment of connecting, so that no second answer of the resolver counts. */
function lookupFor(destination: Destination, resolve: NonNullable<EgressGuardOptions['resolve']>): LookupFunction {
  return (hostname, options, callback) => {
    const found = async () => {
      const addresses = await resolve(hostname);
      destination.checkAddresses(addresses.map(({ address }) => address));
      return addresses;
    };
    found().then(
      (addresses) => {
        const [first] = addresses;
        if (!first) return callback(new EgressFailure('network', `${hostname} has no address.`), []);
        return options.all ? callback(null, [...addresses]) : callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, []),
    );
  };
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function toStream(body: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return?.();
    },
  });
}

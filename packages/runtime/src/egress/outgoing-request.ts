import { type Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { EgressFailure, EgressRefused } from './egress-error.ts';

/** One outgoing request. */
export interface EgressRequest {
  /** Default `GET`. */
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** Cap on the decoded body, bytes. */
  maxBytes: number;
  /** From the start to the last byte of the body, milliseconds. */
  timeoutMs: number;
  signal?: AbortSignal;
}

/** How requests of one guard reach the network. */
export interface Route {
  agent: HttpAgent;
  lookup: LookupFunction;
}

/** The head of an answer, and its body as it arrives, decoded and counted. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: AsyncIterable<Uint8Array>;
}

const USER_AGENT = 'Runctl (+https://runctl.com)';

/**
 * One exchange over `node:http`, which follows no redirect and reads no proxy variable. The deadline and the caller's
 * signal hold until the body's last byte.
 */
export async function sendRequest(url: URL, request: EgressRequest, route: Route): Promise<Answer> {
  const bounds = new Bounds(request);
  try {
    const response = await exchange(url, request, route, bounds);
    return {
      status: response.statusCode ?? 0,
      headers: headersOf(response),
      body: readBody(response, { url, request, bounds }),
    };
  } catch (error) {
    bounds.release();
    throw bounds.explain(error, url);
  }
}

/** The deadline and the caller's signal, as one reason to stop. */
class Bounds {
  readonly #timer: NodeJS.Timeout;
  readonly #signal: AbortSignal | undefined;
  #reason: unknown;
  #stop: (() => void) | undefined;

  constructor(request: EgressRequest) {
    const late = () => new EgressFailure('timeout', `No complete answer within ${request.timeoutMs} ms.`);
    this.#timer = setTimeout(() => this.#end(late()), request.timeoutMs);
    this.#signal = request.signal;
    this.#signal?.addEventListener('abort', this.#onAbort);
    if (this.#signal?.aborted) this.#onAbort();
  }

  /** What to destroy when time is up. */
  onEnd(stop: () => void): void {
    this.#stop = stop;
    if (this.#reason !== undefined) stop();
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  /** The bound that was hit, before whatever error its hitting caused. */
  explain(error: unknown, url: URL): unknown {
    if (this.#reason !== undefined) return this.#reason;
    if (error instanceof EgressFailure || error instanceof EgressRefused) return error;
    const detail = error instanceof Error ? (codeOf(error) ?? error.message) : String(error);
    return new EgressFailure('network', `${url.host} could not be reached or broke off: ${detail}.`, { cause: error });
  }

  readonly #onAbort = (): void => this.#end(this.#signal?.reason);

  #end(reason: unknown): void {
    this.#reason ??= reason;
    this.release();
    this.#stop?.();
  }
}

async function exchange(url: URL, request: EgressRequest, route: Route, bounds: Bounds): Promise<IncomingMessage> {
  try {
    return await attempt(url, request, route, bounds);
  } catch (error) {
    // The server had closed a kept connection before it saw the request: one fresh connection is no second delivery.
    if (!(error instanceof StaleConnection)) throw error;
    return attempt(url, request, route, bounds);
  }
}

/** A reset on a connection that an earlier request had opened. */
class StaleConnection extends Error {
  override readonly name = 'StaleConnection';
}

function attempt(url: URL, request: EgressRequest, route: Route, bounds: Bounds): Promise<IncomingMessage> {
  const body = request.body === undefined ? undefined : Buffer.from(request.body);
  const options: RequestOptions = {
    method: request.method ?? 'GET',
    agent: route.agent,
    lookup: route.lookup,
    headers: {
      'accept-encoding': 'identity',
      ...request.headers,
      'user-agent': USER_AGENT,
      ...(body && { 'content-length': body.byteLength }),
    },
  };
  return new Promise((resolve, reject) => {
    const outgoing = url.protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options);
    bounds.onEnd(() => outgoing.destroy(new EgressFailure('timeout', 'The request was stopped.')));
    outgoing.once('response', resolve);
    outgoing.once('error', (error) => {
      const isStale = outgoing.reusedSocket && codeOf(error) === 'ECONNRESET';
      reject(isStale ? new StaleConnection(error.message, { cause: error }) : error);
    });
    outgoing.end(body);
  });
}

async function* readBody(
  response: IncomingMessage,
  { url, request, bounds }: { url: URL; request: EgressRequest; bounds: Bounds },
): AsyncGenerator<Uint8Array> {
  let received = 0;
  try {
    for await (const chunk of decode(response)) {
      received += chunk.byteLength;
      if (received > request.maxBytes) {
        throw new EgressFailure('too_large', `The answer is longer than ${request.maxBytes} bytes.`);
      }
      yield chunk;
    }
  } catch (error) {
    throw bounds.explain(error, url);
  } finally {
    bounds.release();
    response.destroy();
  }
}

/** The body as it was before the server compressed it; a bomb is cut by the count of what comes out. */
function decode(response: IncomingMessage): AsyncIterable<Uint8Array> {
  const decoder = decoderOf(response.headers['content-encoding']);
  if (!decoder) return response;
  response.once('error', (error) => decoder.destroy(error));
  return response.pipe(decoder);
}

function decoderOf(encoding = ''): (Readable & NodeJS.WritableStream) | null {
  switch (encoding.trim().toLowerCase()) {
    case '':
    case 'identity':
      return null;
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      throw new EgressFailure('network', `The answer is encoded as "${encoding}", which was not asked for.`);
  }
}

function headersOf(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined && name !== 'content-encoding')
      headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

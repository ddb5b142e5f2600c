import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { App } from './app.ts';

/** Where to listen. */
export interface ListenOptions {
  /** An address of this machine, such as `127.0.0.1`. */
  host: string;
  /** 0: any free one. */
  port: number;
  /** A connection on which nothing moves for so long is cut, milliseconds. Default 75 000: longer than any answer waits. */
  silentMs?: number;
  /** Milliseconds for what a client sends. Default: 10 s for the head of a request, 30 s for all of it. */
  bounds?: { headersTimeout: number; requestTimeout: number; connectionsCheckingInterval: number };
}

/** A server that listens. */
export interface ListeningServer {
  /** `http://127.0.0.1:4700` */
  readonly url: string;
  /** Takes no new connections, lets answers under way end for up to `graceMs`, then cuts them. */
  close(graceMs: number): Promise<void>;
}

/** Why nothing listens; `message` says what to do. */
export class ListenFailure extends Error {
  override readonly name = 'ListenFailure';
  /** `listen.port_taken`, `listen.address_unavailable`, `listen.denied` or `listen.failed`. */
  readonly code: string;

  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/**
 * Bounds on what a connection may cost before a request is known. Node's own are 60 s and 300 s, looked at every 30 s.
 * They bind the receiving of a request alone: an answer may take as long as it holds.
 */
const bounds = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16_384,
};
const mostHeaders = 100;
/** Milliseconds. A held read answers within 60 s, a stream says something every 15 s. */
const longestSilence = 75_000;
/** Characters of a target. */
const longestTarget = 8_192;

/**
 * Serves an app over HTTP/1.1.
 *
 * @throws {ListenFailure} The port is taken, or the address is not this machine's.
 */
export async function listen(app: Pick<App, 'fetch' | 'release'>, options: ListenOptions): Promise<ListeningServer> {
  const answer = getRequestListener((request, { incoming }) =>
    app.fetch(request, { address: incoming.socket.remoteAddress, headers: incoming.headers }),
  );
  /** Answers that are not out yet. */
  const pending = new Set<ServerResponse>();
  const server = createServer({ ...bounds, ...options.bounds }, (incoming, outgoing) => {
    pending.add(outgoing);
    outgoing.once('close', () => pending.delete(outgoing));
    if (!server.listening) outgoing.shouldKeepAlive = false;
    const refused = refusal(incoming);
    if (refused === undefined) void answer(incoming, outgoing);
    else refuse(outgoing, refused);
  });
  server.maxHeadersCount = mostHeaders;
  // A reader that does not read: what is on its way to it stays in memory until then, and no more than that.
  server.timeout = options.silentMs ?? longestSilence;
  await begin(server, options);
  return { url: urlOf(server), close: (graceMs) => close(server, pending, app, graceMs) };
}

function refusal(incoming: IncomingMessage): number | undefined {
  if ((incoming.url?.length ?? 0) > longestTarget) return 414;
  // An absolute or authority target is for proxies.
  return incoming.url?.startsWith('/') === true ? undefined : 400;
}

function refuse(outgoing: ServerResponse, status: number): void {
  outgoing.writeHead(status, { connection: 'close', 'content-length': '0' }).end();
}

function begin(server: Server, { host, port }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuseToListen = (error: NodeJS.ErrnoException) => reject(listenFailure(error, host, port));
    server.once('error', refuseToListen);
    server.listen(port, host, () => {
      server.off('error', refuseToListen);
      resolve();
    });
  });
}

function listenFailure(error: NodeJS.ErrnoException, host: string, port: number): ListenFailure {
  if (error.code === 'EADDRINUSE') {
    const message = `Port ${port} of ${host} is taken by another process. Stop it, or choose another port with --port.`;
    return new ListenFailure('listen.port_taken', message, error);
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new ListenFailure('listen.address_unavailable', `${host} is not an address of this machine.`, error);
  }
  if (error.code === 'EACCES') {
    const message = `This user may not listen on port ${port}. Choose one above 1023 with --port.`;
    return new ListenFailure('listen.denied', message, error);
  }
  return new ListenFailure('listen.failed', `Cannot listen on ${host}:${port}: ${error.message}`, error);
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return '';
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}

async function close(
  server: Server,
  pending: ReadonlySet<ServerResponse>,
  app: Pick<App, 'release'>,
  graceMs: number,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // `Connection: close`: whoever is answered now sends its next request elsewhere.
  for (const outgoing of pending) outgoing.shouldKeepAlive = false;
  app.release();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  // A connection whose answer has just ended is idle now; without this it would stay until its keep-alive is over.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  await closed;
  clearTimeout(timer);
  clearInterval(idle);
}

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ModelReply } from './model-reply.ts';

/** What a server was asked. */
export interface RecordedModelRequest<Body = Record<string, unknown>> {
  /** With the query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: Body;
}

/** A list is used up in order; what asks for more gets a 500. */
export type ModelScript<Body = Record<string, unknown>> =
  | readonly ModelReply[]
  | ((request: RecordedModelRequest<Body>, index: number) => ModelReply | Promise<ModelReply>);

/** A running server. */
export interface ModelServer<Body = Record<string, unknown>> {
  /** With the protocol's version, as clients want it. */
  baseUrl: string;
  requests: RecordedModelRequest<Body>[];
  /** Requests whose client went away before the answer was complete. */
  readonly aborted: number;
  close(): Promise<void>;
}

/** What a protocol looks like on the wire. */
export interface ModelProtocol<Body> {
  /** The version at the beginning of its paths, such as `/v1`. */
  version: string;
  /** Whether a path, below the version, is one that asks for an answer. */
  isRoute(path: string): boolean;
  /** An answer as its server-sent events, framing included. */
  events(request: RecordedModelRequest<Body>, reply: ModelReply): Iterable<string>;
  /** An answer in one piece; null where this request wants a stream. */
  whole(request: RecordedModelRequest<Body>, reply: ModelReply): object | null;
  /** The body of a failure. */
  failure(status: number, error: NonNullable<ModelReply['error']>): object;
}

/** Starts a real HTTP server on 127.0.0.1 that speaks a protocol and answers by a script. */
export async function startModelServer<Body>(
  protocol: ModelProtocol<Body>,
  script: ModelScript<Body>,
): Promise<ModelServer<Body>> {
  const requests: RecordedModelRequest<Body>[] = [];
  let aborted = 0;
  const server = createServer(async (request, response) => {
    response.once('close', () => {
      if (!response.writableFinished) aborted += 1;
    });
    const { method, url: path = '' } = request;
    if (
      method !== 'POST' ||
      !path.startsWith(protocol.version) ||
      !protocol.isRoute(path.slice(protocol.version.length))
    )
      return fail(response, protocol, { status: 404, error: { message: `No route ${method} ${path}.` } });
    const recorded = { path, headers: request.headers, body: JSON.parse(await readText(request)) as Body };
    const index = requests.push(recorded) - 1;
    await answer(response, protocol, recorded, await replyFor(script, recorded, index));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}${protocol.version}`,
    requests,
    get aborted() {
      return aborted;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function replyFor<Body>(
  script: ModelScript<Body>,
  request: RecordedModelRequest<Body>,
  index: number,
): Promise<ModelReply> {
  if (typeof script === 'function') return script(request, index);
  return script[index] ?? { status: 500, error: { message: `The script has ${script.length} replies.` } };
}

async function answer<Body>(
  response: ServerResponse,
  protocol: ModelProtocol<Body>,
  request: RecordedModelRequest<Body>,
  reply: ModelReply,
): Promise<void> {
  if (reply.delayMs) await pause(reply.delayMs);
  if (response.destroyed) return;
  if (reply.status !== undefined && reply.status !== 200) return fail(response, protocol, reply);
  const whole = reply.raw === undefined ? protocol.whole(request, reply) : null;
  if (reply.raw !== undefined) {
    response.writeHead(200, { 'content-type': 'text/event-stream', ...reply.headers }).end(reply.raw);
  } else if (whole === null) {
    await stream(response, protocol.events(request, reply), reply);
  } else {
    response.writeHead(200, { 'content-type': 'application/json', ...reply.headers }).end(JSON.stringify(whole));
  }
}

async function stream(response: ServerResponse, events: Iterable<string>, reply: ModelReply): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', ...reply.headers });
  let sent = 0;
  for (const event of events) {
    if (sent === reply.cutAfterChunks || response.destroyed) return void response.destroy();
    if (sent === reply.endAfterChunks) break;
    response.write(event);
    sent += 1;
    // Lets each event leave on its own, as a model's do.
    await new Promise(setImmediate);
  }
  response.end();
}

function fail<Body>(
  response: ServerResponse,
  protocol: ModelProtocol<Body>,
  { status = 500, error = { message: 'The server failed.' }, headers }: ModelReply,
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(protocol.failure(status, error)));
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

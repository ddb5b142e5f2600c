import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** One request that a scripted server got. */
export interface ScriptedRequest {
  method: string;
  /** Path and query, as they came. */
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** `performance.now()` when its headers were there. */
  at: number;
}

/** What a step may do with its request besides answering: write in pieces, never answer, break the socket. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  socket: Socket;
  /** From 0. */
  index: number;
}

/** How one request is answered: in full by status, headers and body (an object goes out as JSON), or by hand. */
export type Step =
  | { status?: number; headers?: Record<string, string | string[]>; body?: string | Buffer | object }
  | ((exchange: Exchange) => unknown);

/** A running server. */
export interface ScriptedServer {
  /** Without a final slash. */
  url: string;
  requests: ScriptedRequest[];
  /** Sockets that are open. */
  sockets: Set<Socket>;
  close(): Promise<void>;
}

/** Starts a real HTTP server on 127.0.0.1 that answers its requests by the steps, in turn; the last one repeats. */
export async function startScriptedServer(...steps: [Step, ...Step[]]): Promise<ScriptedServer> {
  const requests: ScriptedRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers, socket } = request;
    const recorded: ScriptedRequest = { method, url, headers, body: '', at: performance.now() };
    const index = requests.push(recorded) - 1;
    const step = steps[Math.min(index, steps.length - 1)];
    if (typeof step === 'function') {
      request.on('data', (chunk: Buffer) => {
        recorded.body += chunk.toString();
      });
      step({ request, response, socket, index });
      return;
    }
    for await (const chunk of request) recorded.body += chunk;
    const { status = 200, headers: answer = {}, body = '' } = step ?? {};
    const isJson = typeof body === 'object' && !Buffer.isBuffer(body);
    response.writeHead(status, isJson ? { 'content-type': 'application/json', ...answer } : answer);
    response.end(isJson ? JSON.stringify(body) : body);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    sockets,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

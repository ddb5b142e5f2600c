import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server was asked. */
export interface RecordedRequest {
  method: string;
  /** Without the query, as it came: nothing decoded. */
  path: string;
  /** A name that comes twice has a list. */
  query: Record<string, string | string[]>;
  headers: IncomingHttpHeaders;
  /** Undefined where none came. */
  body: unknown;
}

/** What a server answers: text goes out as an event stream, anything else as JSON. */
export type Answer = (request: RecordedRequest, index: number) => unknown;

/** A running server. */
export interface RecordingServer {
  /** Without a final slash. */
  url: string;
  requests: RecordedRequest[];
  close(): Promise<void>;
}

/** Starts a real HTTP server on 127.0.0.1 that keeps what it is asked. */
export async function startRecordingServer(answer: Answer): Promise<RecordingServer> {
  const requests: RecordedRequest[] = [];
  const server = createServer(async (request, response) => {
    const recorded = await record(request);
    const value = await answer(recorded, requests.push(recorded) - 1);
    const isStream = typeof value === 'string';
    response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' });
    response.end(isStream ? value : JSON.stringify(value));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function record(request: IncomingMessage): Promise<RecordedRequest> {
  const [path = '', search = ''] = (request.url ?? '').split('?');
  const parameters = new URLSearchParams(search);
  const query: RecordedRequest['query'] = {};
  for (const name of parameters.keys()) {
    const values = parameters.getAll(name);
    query[name] = values.length > 1 ? values : (values[0] ?? '');
  }
  const text = await readText(request);
  return {
    method: request.method ?? '',
    path,
    query,
    headers: request.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

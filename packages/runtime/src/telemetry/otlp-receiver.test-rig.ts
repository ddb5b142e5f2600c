import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** A span as a collector gets it. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status: { code?: number };
  links: { traceId: string; spanId: string }[];
  /** By name. */
  attributes: Record<string, unknown>;
}

/** A collector on a socket of its own. */
export interface OtlpReceiver {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  /** What came, as text. */
  readonly bodies: string[];
  readonly requests: { path: string; headers: IncomingMessage['headers'] }[];
  /** Of resources, by name. */
  readonly resource: Record<string, unknown>;
  /** The first span that fits, once it has come. */
  span(fits: (span: ReceivedSpan) => boolean): Promise<ReceivedSpan>;
  close(): Promise<void>;
}

/** Starts it; it answers the first requests with the given statuses, and all later ones with 200. */
export async function startOtlpReceiver(...statuses: number[]): Promise<OtlpReceiver> {
  const received = { spans: [] as ReceivedSpan[], bodies: [] as string[], requests: [] as OtlpReceiver['requests'] };
  const resource: Record<string, unknown> = {};
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const text = (incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8');
    received.requests.push({ path: incoming.url ?? '', headers: incoming.headers });
    const status = statuses.shift() ?? 200;
    outgoing.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    if (status !== 200) return;
    received.bodies.push(text);
    for (const { resource: whose, scopeSpans } of JSON.parse(text).resourceSpans) {
      Object.assign(resource, plain(whose.attributes));
      for (const { spans } of scopeSpans) {
        for (const span of spans) received.spans.push({ ...span, attributes: plain(span.attributes) });
      }
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...received,
    resource,
    url: `http://127.0.0.1:${port}`,
    span: async (fits) => {
      for (;;) {
        const found = received.spans.find(fits);
        if (found !== undefined) return found;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  };
}

type Wire = { key: string; value: Record<string, unknown> };

function plain(attributes: Wire[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, wireValue(value)]));
}

function wireValue(value: Record<string, unknown>): unknown {
  const [kind, content] = Object.entries(value)[0] ?? [];
  if (kind === 'arrayValue') return (content as { values: Record<string, unknown>[] }).values.map(wireValue);
  return kind === 'intValue' ? Number(content) : content;
}

import { NodeAnswer } from './node-fetch-answer.ts';
import { closedEarly } from './node-fetch-body.ts';
import { ACCEPTED_ENCODINGS } from './node-fetch-decode.ts';
import { type HttpModule, nodeModule } from './node-fetch-platform.ts';

/** A request, ready to be sent. */
export interface Outgoing {
  /** Absolute, of http or https. */
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string | Uint8Array | undefined;
  signal: AbortSignal | undefined;
}

/** A module that sends, and its connections. */
interface Sender {
  http: HttpModule;
  agent: object;
}

/** Milliseconds that a connection stays open unused: less than the five seconds after which many servers close theirs. */
const IDLE_MS = 4_000;

const senders: { 'http:'?: Sender; 'https:'?: Sender } = {};

/**
 * Sends a request and resolves with its answer once the headers are there. Rejects with the platform's own error, or with
 * the signal's reason. The signal ends it in every phase, the body's included, and has no listener when it is over.
 * Redirects are answers like any other.
 */
export function exchange(outgoing: Outgoing): Promise<NodeAnswer> {
  const { signal } = outgoing;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    let answer: NodeAnswer | undefined;
    const { http, options } = target(outgoing);
    const request = http.request(options, (message) => {
      answer = new NodeAnswer(message, outgoing, () => {
        stopListening();
        // Answered before all of it was sent: the rest is not wanted.
        if (!request.writableFinished) request.destroy();
      });
      resolve(answer);
    });
    const fail = (reason: unknown) => {
      stopListening();
      if (answer) answer.fail(reason);
      else reject(reason);
    };
    const abort = () => {
      fail(signal?.reason);
      request.destroy();
    };
    const stopListening = () => signal?.removeEventListener('abort', abort);
    signal?.addEventListener('abort', abort);
    request.on('error', (error) => fail(withAddress(withoutBytes(error))));
    request.on('close', () => {
      if (!answer) fail(closedEarly('The connection closed without an answer.'));
    });
    request.end(bodyOf(outgoing));
  });
}

function target(outgoing: Outgoing): { http: HttpModule; options: object } {
  const { url, method, headers } = outgoing;
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const { http, agent } = senderFor(protocol as 'http:' | 'https:');
  const options = {
    agent,
    method,
    hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    port,
    path: pathname + search,
    // An object, not the array that would be faster: tracers that wrap `http.request` add members to it.
    headers: { 'accept-encoding': ACCEPTED_ENCODINGS, ...lengthOf(outgoing), ...headers },
  };
  return { http, options };
}

/** Connections are not counted: one that is held (a stream, a long poll) must not keep the others waiting. */
function senderFor(protocol: 'http:' | 'https:'): Sender {
  const known = senders[protocol];
  if (known) return known;
  const http = nodeModule(protocol === 'https:' ? 'node:https' : 'node:http') as HttpModule;
  const sender = { http, agent: new http.Agent({ keepAlive: true, timeout: IDLE_MS }) };
  senders[protocol] = sender;
  return sender;
}

/** Node counts the bytes of a body by itself, but not where a method seldom has one. */
function lengthOf({ method, body }: Outgoing): Record<string, number> | undefined {
  if (body === undefined || /^P/.test(method)) return undefined;
  return { 'content-length': typeof body === 'string' ? new TextEncoder().encode(body).length : body.length };
}

/** A text goes out in one piece with the headers, and then in their encoding: not where they are more than ASCII. */
function bodyOf({ headers, body }: Outgoing): Outgoing['body'] {
  const isMore = typeof body === 'string' && Object.values(headers).some((value) => /[^\0-\x7f]/.test(value));
  return isMore ? new TextEncoder().encode(body as string) : body;
}

/** The parser's errors carry the bytes that they stumbled over, which may be anything, the key included. */
function withoutBytes(error: object): object {
  if ('rawPacket' in error) delete error.rawPacket;
  return error;
}

/** Where a name leads to several addresses and none answers, Node tells of each, and of nothing in the error about them. */
function withAddress(error: { message?: string; errors?: readonly Error[] }): object {
  error.message ||= error.errors?.map(({ message }) => message).join(', ') ?? '';
  return error;
}

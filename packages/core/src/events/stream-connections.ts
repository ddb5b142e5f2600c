import { onAbort } from '#on-abort';
import { hasErrorMark } from '../errors/error-mark.ts';
import { RunctlNetworkError } from '../errors/network-error.ts';
import type { Interruption } from '../interruption.ts';
import { pauseAfter } from '../transport/retry-timing.ts';
import type { EventStreamSource } from '../transport/stream-connection.ts';
import type { SeenIds } from './seen-ids.ts';
import { type ServerSentEvent, sseParser } from './sse-parser.ts';

/**
 * The events of a stream, a batch for each chunk that completes some, over as many connections as it takes; `seen` knows
 * where to resume. It reads only when asked, so a slow reader slows the server down; and it ends where the server has
 * nothing to stream: 204.
 */
export async function* readConnections(
  { connect, options, maxRetryAfter = 60_000 }: EventStreamSource,
  seen: SeenIds,
  interruption: Interruption,
  idleMs: number,
): AsyncGenerator<ServerSentEvent[], undefined> {
  /** Reconnects without a byte from the server: as with a request at first, patient once the stream has been there. */
  const FIRST_RETRIES = 3;
  const LATER_RETRIES = 10;
  /** The shortest time between connections, milliseconds; a server's `retry:` is held to it. */
  const FLOOR_MS = 200;
  let patience = FIRST_RETRIES;
  let retryMs: number | undefined;
  for (let failures = 0; ; failures += 1) {
    const connection = new AbortController();
    const parser = sseParser();
    try {
      const body = await interruption.run((signal) => bodyOf(connect(seen.last, signal), signal), idleMs, connection);
      if (!body) return;
      patience = LATER_RETRIES;
      for (;;) {
        const { done, value } = await interruption.run(() => body.read().catch(brokeOff), idleMs, connection);
        if (done) throw lost('The stream was cut.', 'stream.cut');
        failures = 0;
        const events = parser.feed(value);
        retryMs = parser.retryMs ?? retryMs;
        yield events;
      }
    } catch (error) {
      connection.abort();
      // An event of an id alone is not delivered, but moves the place to resume from.
      if (parser.lastEventId) seen.check(parser.lastEventId);
      const floorMs = Math.max(retryMs ?? 0, FLOOR_MS);
      const baseMs = retryMs === undefined ? 1_000 : floorMs;
      const retries = options?.retries ?? patience;
      await pauseAfter(interruption, error, failures, retries, maxRetryAfter, floorMs, baseMs);
    }
  }
}

/** The reader of a connection; it lets go when the connection's signal aborts, also of an answer that comes too late. */
async function bodyOf(answer: Promise<Response>, signal: AbortSignal) {
  const { status, body } = await answer;
  const reader = status === 204 ? undefined : body?.getReader();
  const leave = () => reader?.cancel().catch(() => undefined);
  if (signal.aborted) leave();
  onAbort(signal, leave);
  return reader;
}

function brokeOff(cause: unknown): never {
  throw hasErrorMark(cause, 'RunctlError') ? cause : lost('The stream broke off.', 'network.failed', cause);
}

/** The error of a connection that is gone, for which another one can stand in. */
export function lost(message: string, code: string, cause?: unknown): RunctlNetworkError {
  return new RunctlNetworkError(message, { code, cause, retryable: true, attempts: 1 });
}

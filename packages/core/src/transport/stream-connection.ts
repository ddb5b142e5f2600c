import type { StreamOptions } from '../options/request-options.ts';

/**
 * Makes one connection of a stream: a single attempt, authenticated, whose deadline (`timeout`) ends with the headers.
 * Reconnecting, its backoff and the end of the stream are the event stream's business.
 *
 * Resolves with a 204, or with a 2xx of `text/event-stream` whose body is still to be read and ends when `signal` aborts.
 * Rejects with typed errors: an answer that is no success by its status (`retryable`, `retryAfter` say whether and when
 * to come back), another content type as RunctlDecodeError, no answer as RunctlNetworkError. After `signal` aborts it
 * rejects with a RunctlAbortError whose `cause` is the signal's reason.
 */
export type ConnectStream = (lastEventId: string | null, signal: AbortSignal) => Promise<Response>;

/** What a stream is made from. */
export interface EventStreamSource {
  /**
   * Makes one connection. It must not retry (the stream does), and sends the credential and, where the id is not null and
   * a header can carry it, `Last-Event-ID`. Its signal already follows the caller's.
   */
  connect: ConnectStream;
  /** The caller's: `signal`, `after`, `idleTimeout` and `retries` are read here, the rest is for `connect`. */
  options?: StreamOptions | undefined;
  /** Longest `Retry-After` that is waited for, milliseconds; a longer one ends the stream. Default 60,000. */
  maxRetryAfter?: number | undefined;
}

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

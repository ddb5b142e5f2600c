/** Options of one call; each beats the client's option of the same name. */
export interface RequestOptions {
  /** Ends the call in whatever phase it is, with a RunctlAbortError whose `cause` is `signal.reason`. */
  signal?: AbortSignal;
  /** Milliseconds for one attempt, from connect to the last byte of the body. 1 to 2,147,483,647. Default: the client's. */
  timeout?: number;
  /** Milliseconds for the whole call, retries and waits included; `false` for none. Default: the client's. */
  totalTimeout?: number | false;
  /** Retries after the first attempt. 0 to 20. Default: the client's. */
  retries?: number;
  /** Added to the client's headers; `null` removes one. */
  headers?: Record<string, string | null>;
  /**
   * Names this piece of work, so that the server does it once however often it is asked. 1 to 255 visible ASCII
   * characters. Default: a fresh key for every POST and PATCH, kept across the retries of the call.
   */
  idempotencyKey?: string;
  /** Fails with 412 unless the resource is at this version. A whole number from 0. */
  ifMatch?: number;
}

/** Options of a call that waits for work to end. The wait long-polls unless an interval option is given. */
export interface WaitOptions<T> extends Omit<RequestOptions, 'timeout' | 'totalTimeout'> {
  /** Milliseconds until the wait gives up with a RunctlWaitTimeoutError; the work goes on. Default 300,000. */
  timeoutMs?: number;
  /** A fixed interval between looks, milliseconds. Without any interval option the wait long-polls. */
  pollIntervalMs?: number;
  /** First interval, milliseconds. Default 1,000. */
  intervalMs?: number;
  /** By what each interval is longer than the one before it. 1 or more. Default 1.5. */
  backoffFactor?: number;
  /** Longest interval, milliseconds. Default 30,000. */
  maxIntervalMs?: number;
  /** Consecutive failed looks before the wait gives up. Default 5. */
  maxRetries?: number;
  /** Rejects with a RunctlFailedError where the work failed. Default false: the failed work is the result. */
  throwOnFailure?: boolean;
  /** Called, and awaited, after every look. A callback that throws ends the wait with its error. */
  onPoll?: (current: T) => void | Promise<void>;
  /** Called, and awaited, after a look at which `version` had changed. */
  onUpdate?: (current: T) => void | Promise<void>;
}

/** Options of a stream. It has no deadline; silence ends a connection, and the stream reconnects. */
export interface StreamOptions extends Omit<RequestOptions, 'timeout' | 'totalTimeout'> {
  /** Resume after this event id. */
  after?: string;
  /**
   * Milliseconds without a byte, heartbeats included, after which the connection is taken for dead and made anew.
   * Default 45,000.
   */
  idleTimeout?: number;
}

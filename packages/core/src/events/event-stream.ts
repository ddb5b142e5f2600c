import { onAbort } from '../abort-listeners.ts';
import { RunctlDecodeError } from '../errors/decode-error.ts';
import { isRetryableError } from '../errors/is-retryable-error.ts';
import { checkNumber, LONGEST_TIMER_MS } from '../options/number-option.ts';
import type { StreamOptions } from '../options/request-options.ts';
import { abortedBy, sleep } from '../sleep.ts';
import type { ConnectStream } from '../transport/stream-connection.ts';
import { askedDelayMs, jitteredMs } from '../waiting/backoff.ts';
import { SeenIds } from './seen-ids.ts';
import { lost, SseConnection } from './sse-connection.ts';
import type { ServerSentEvent } from './sse-parser.ts';

/**
 * Server-sent events, each one parsed from JSON. Nothing is sent before the first event is asked for. It reconnects with
 * `Last-Event-ID` until the stream says that it has ended, and drops events that it has delivered already. Leaving the
 * loop closes the connection. It reads as fast as the loop does, so a slow loop slows the server down.
 *
 * @throws {RunctlApiError} 401, 403, 404, 410 - and whatever else a repetition would not change
 * @throws {RunctlNetworkError} the server could not be reached, `retries` times in a row
 * @throws {RunctlDecodeError} the answer is no event stream, or an event's data is not JSON; the stream is closed then,
 *   and `lastEventId` is the id of that event, so that a new stream can go on after it
 *
 * @example
 * for await (const event of client.tasks.events.stream(task.id)) {
 *   console.log(event.type, event.data);
 * }
 */
export interface EventStream<Event> extends AsyncIterableIterator<Event> {
  /** The id of the last event that was delivered, to resume after: `stream(id, query, { after: lastEventId })`. */
  readonly lastEventId: string | null;
  /** Ends the stream from outside the loop: the loop ends without an error and the socket closes. */
  close(): Promise<void>;
}

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

/** Reconnects without a byte from the server: as with a request at first, patient once the stream has been there. */
const FIRST_RETRIES = 3;
const LATER_RETRIES = 10;
/** Bounds of the time between connections, milliseconds; a server's `retry:` is held to them. */
const FLOOR_MS = 200;
const BASE_MS = 1_000;
const CAP_MS = 30_000;

/**
 * Opens a stream over whatever connects it.
 *
 * @throws {RunctlConfigError} `idleTimeout` is out of bounds
 */
export function openEventStream<Event>(source: EventStreamSource): EventStream<Event> {
  return new ReconnectingStream<Event>(source);
}

/**
 * States: *idle* (nothing sent yet, or between connections), *connected* (`#connection`), *over* (`#over`; `#failure`
 * waits there for the next `next()`, once). Only an empty batch makes it read on, so at each reconnect everything that
 * was received has been delivered, and the last delivered id is the one to resume after.
 */
class ReconnectingStream<Event> implements EventStream<Event> {
  readonly #source: EventStreamSource;
  readonly #idleMs: number;
  readonly #seen = new SeenIds();
  readonly #stopped = new AbortController();
  #batch: readonly ServerSentEvent[] = [];
  #position = 0;
  #connection: SseConnection | undefined;
  #reading: Promise<void> | undefined;
  #lastEventId: string | null;
  #retryMs: number | undefined;
  #failures = 0;
  #hasBeenConnected = false;
  #stopListening: (() => void) | undefined;
  #over = false;
  #failure: Error | undefined;

  constructor(source: EventStreamSource) {
    this.#source = source;
    const { idleTimeout = 45_000, after = null } = source.options ?? {};
    this.#idleMs = checkNumber('idleTimeout', idleTimeout, { min: 1, max: LONGEST_TIMER_MS });
    this.#lastEventId = after;
    if (after !== null) this.#remember(after);
  }

  get lastEventId(): string | null {
    return this.#lastEventId;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Event>> {
    while (this.#position < this.#batch.length) {
      const event = this.#batch[this.#position] as ServerSentEvent;
      this.#position += 1;
      const isRepetition = event.id !== undefined && this.#remember(event.id);
      if (event.type === 'end') this.#finish();
      else if (!isRepetition) return this.#deliver(event);
    }
    if (!this.#over) return this.#readOn();
    const failure = this.#failure;
    this.#failure = undefined;
    return failure ? Promise.reject(failure) : Promise.resolve({ done: true, value: undefined });
  }

  async return(value?: unknown): Promise<IteratorResult<Event>> {
    this.#finish();
    this.#failure = undefined;
    return { done: true, value };
  }

  async close(): Promise<void> {
    await this.return();
  }

  /** Takes note of an event's id; true where the event is a repetition. */
  #remember(id: string): boolean {
    if (id !== '' && this.#seen.check(id)) return true;
    this.#lastEventId = id === '' ? null : id;
    return false;
  }

  #deliver(event: ServerSentEvent): Promise<IteratorResult<Event>> {
    try {
      return Promise.resolve({ done: false, value: JSON.parse(event.data) as Event });
    } catch (cause) {
      this.#finish(notJson(event.data, cause));
      return this.next();
    }
  }

  async #readOn(): Promise<IteratorResult<Event>> {
    this.#reading ??= this.#nextBatch();
    await this.#reading;
    return this.next();
  }

  /** Reads until there are events to deliver or the stream is over. Never rejects: what ends the stream is kept in it. */
  async #nextBatch(): Promise<void> {
    const signal = this.#source.options?.signal;
    if (signal?.aborted) this.#finish(abortedBy(signal));
    else this.#stopListening ??= onAbort(signal, () => this.#finish(abortedBy(signal)));
    while (!this.#over && this.#position >= this.#batch.length) {
      try {
        await this.#readChunk();
      } catch (error) {
        if (!this.#over) await this.#recover(error);
      }
    }
    this.#reading = undefined;
  }

  async #readChunk(): Promise<void> {
    const connection = this.#connection ?? new SseConnection(this.#idleMs);
    if (connection !== this.#connection) {
      this.#connection = connection;
      if (!(await connection.open(this.#source.connect, this.#lastEventId))) return this.#finish();
      this.#hasBeenConnected = true;
    }
    const events = await connection.read();
    if (this.#over) return;
    this.#retryMs = connection.parser.retryMs ?? this.#retryMs;
    if (events === undefined) throw lost('The stream ended without its end event.', 'stream.cut');
    this.#failures = 0;
    this.#batch = events;
    this.#position = 0;
  }

  /** Waits for the next connection, or ends the stream where another one would not help. */
  async #recover(error: unknown): Promise<void> {
    this.#leaveConnection();
    const asked = askedDelayMs(error);
    const retries = this.#source.options?.retries ?? (this.#hasBeenConnected ? LATER_RETRIES : FIRST_RETRIES);
    const mayRetry = isRetryableError(error) && asked <= (this.#source.maxRetryAfter ?? 60_000);
    if (!mayRetry || this.#failures >= retries) return this.#finish(error as Error);
    const floorMs = Math.max(this.#retryMs ?? FLOOR_MS, FLOOR_MS);
    const baseMs = this.#retryMs === undefined ? BASE_MS : floorMs;
    const delay = Math.max(asked, jitteredMs(this.#failures, { floorMs, baseMs, capMs: CAP_MS }));
    this.#failures += 1;
    await sleep(delay, this.#stopped.signal).catch(() => undefined);
  }

  #leaveConnection(): void {
    const lastId = this.#connection?.parser.lastEventId;
    // An event of an id alone is not delivered, but moves the place to resume from.
    if (lastId) this.#remember(lastId);
    this.#connection?.close();
    this.#connection = undefined;
  }

  #finish(failure?: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#failure = failure;
    this.#batch = [];
    this.#connection?.close();
    this.#stopped.abort();
    this.#stopListening?.();
  }
}

function notJson(data: string, cause: unknown): RunctlDecodeError {
  return new RunctlDecodeError(`An event's data is not JSON: ${data.slice(0, 200)}`, {
    code: 'stream.invalid_event',
    status: 200,
    cause,
  });
}

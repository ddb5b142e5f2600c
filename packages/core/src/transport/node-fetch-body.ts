import type { ByteSource } from './node-fetch-platform.ts';

/** Bytes that wait for their reader before the source is paused, and with it, in the end, the server. */
const MOST_WAITING = 256 * 1024;

type Read = ReadableStreamReadResult<Uint8Array<ArrayBuffer>>;

/**
 * The body of an answer, with what the transport uses of a `ReadableStream`: a reader, and `cancel`. A web stream of
 * Node's own would cost as much as the rest of the exchange.
 *
 * Begins *open* and comes to one end: *complete*, or *failed* (cut, aborted, cancelled, no such encoding). What came
 * before an end can still be read.
 */
export class NodeBody {
  readonly #source: ByteSource;
  readonly #onEnd: (whole: boolean) => void;
  readonly #chunks: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;
  #paused = false;
  #end: 'complete' | { failure: unknown } | undefined;
  /** The reader, where it is ahead of the source. */
  #reader: { resolve: (read: Read) => void; reject: (reason: unknown) => void } | undefined;

  /** Begins to read. `onEnd` is called once. */
  constructor(source: ByteSource, onEnd: (whole: boolean) => void) {
    this.#source = source;
    this.#onEnd = onEnd;
    source.on('data', (chunk) => this.#take(chunk));
    source.on('end', () => this.#finish('complete'));
    source.on('error', (error) => this.fail(error));
    source.on('close', () => {
      if (!this.#end) this.fail(closedEarly('The connection closed before the answer was complete.'));
    });
  }

  /** Itself: there is one reader only. */
  getReader(): this {
    return this;
  }

  /** The next bytes. Rejects where the body failed. */
  read(): Promise<Read> {
    const value = this.#chunks.shift();
    if (value) {
      this.#bytes -= value.length;
      if (this.#paused && this.#bytes < MOST_WAITING / 2) this.#flow(true);
      return Promise.resolve({ done: false, value });
    }
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
      if (this.#end) this.#tellEnd(this.#end);
    });
  }

  /** Nothing more is wanted: the connection closes. */
  async cancel(): Promise<void> {
    this.#finish('complete');
    this.#source.destroy();
  }

  /** Ends it for a reason, unless it has ended already; the connection closes. */
  fail(failure: unknown): void {
    if (this.#end) return;
    this.#finish({ failure });
    this.#source.destroy();
  }

  #take(chunk: Uint8Array<ArrayBuffer>): void {
    if (this.#reader) {
      this.#reader.resolve({ done: false, value: chunk });
      this.#reader = undefined;
      return;
    }
    this.#bytes += this.#chunks.push(chunk) && chunk.length;
    if (this.#bytes > MOST_WAITING) this.#flow(false);
  }

  #flow(on: boolean): void {
    this.#paused = !on;
    if (on) this.#source.resume();
    else this.#source.pause();
  }

  #finish(end: 'complete' | { failure: unknown }): void {
    if (this.#end) return;
    this.#end = end;
    this.#tellEnd(end);
    this.#onEnd(end === 'complete');
  }

  #tellEnd(end: 'complete' | { failure: unknown }): void {
    if (end === 'complete') this.#reader?.resolve({ done: true, value: undefined });
    else this.#reader?.reject(end.failure);
    this.#reader = undefined;
  }
}

/** The error for a connection that is gone, in the words and with the code of the platform. */
export function closedEarly(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'ECONNRESET' });
}

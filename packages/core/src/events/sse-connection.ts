import { RunctlNetworkError } from '../errors/network-error.ts';
import type { ConnectStream } from '../transport/stream-connection.ts';
import { interruptible } from '../waiting/interruptible.ts';
import { type ServerSentEvent, SseParser } from './sse-parser.ts';

/**
 * One connection of a stream, from connect to close. It reads only when asked, so a slow reader slows the server down;
 * and it takes silence of `idleMs` while it reads for the connection's death.
 */
export class SseConnection {
  /** What this connection has read. */
  readonly parser = new SseParser();
  readonly #controller = new AbortController();
  readonly #idleMs: number;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  /**
   * Connects. False where the server has nothing to stream: 204. Rejects as `connect` does, and when it is closed.
   */
  async open(connect: ConnectStream, lastEventId: string | null): Promise<boolean> {
    const { signal } = this.#controller;
    const answer = connect(lastEventId, signal).then((response) => {
      if (signal.aborted) response.body?.cancel().catch(() => undefined);
      return response;
    });
    const response = await this.#orIdle(interruptible(answer, signal));
    if (response.status === 204) return false;
    this.#reader = response.body?.getReader();
    return true;
  }

  /** The events of the next chunk, often none; undefined at the end of the connection, whoever ended it. */
  async read(): Promise<ServerSentEvent[] | undefined> {
    if (!this.#reader) return undefined;
    const chunk = await this.#orIdle(this.#reader.read()).catch((cause: unknown) => {
      throw cause instanceof RunctlNetworkError ? cause : lost('The stream broke off.', 'network.failed', cause);
    });
    return chunk.done ? undefined : this.parser.feed(chunk.value);
  }

  /** Ends it in whatever phase it is. A read that is under way ends, the socket closes. */
  close(reason?: Error): void {
    if (this.#controller.signal.aborted) return;
    this.#controller.abort(reason);
    this.#reader?.cancel(reason).catch(() => undefined);
  }

  async #orIdle<T>(work: Promise<T>): Promise<T> {
    const timer = setTimeout(
      () => this.close(lost(`The stream was silent for ${this.#idleMs} ms.`, 'stream.silent')),
      this.#idleMs,
    );
    try {
      const result = await work;
      const { aborted, reason } = this.#controller.signal;
      if (aborted) throw reason;
      return result;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The error of a connection that is gone, for which another one can stand in. */
export function lost(message: string, code: string, cause?: unknown): RunctlNetworkError {
  return new RunctlNetworkError(message, { code, cause, retryable: true, attempts: 1 });
}

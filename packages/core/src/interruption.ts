import { onAbort } from './abort-listeners.ts';
import { RunctlAbortError } from './errors/abort-error.ts';
import { LONGEST_TIMER_MS } from './options/number-option.ts';

/**
 * What can end work from outside: the caller's signal, the clock, and who owns the work. A call, a wait and a stream are
 * each in one phase at a time (an attempt, a look, a pause), so one slot holds how to end it. The signal gets one listener
 * for all phases, and loses it in `dispose`.
 */
export class Interruption {
  /** Requests begun so far; the error of an aborted call says it. */
  attempts = 0;
  readonly #late: (phase: 'attempt' | 'total') => Error;
  readonly #totalMs: number;
  readonly #startedAt = performance.now();
  /** No phase begins any more. */
  #ended: Error | undefined;
  #endPhase: ((error: Error) => void) | undefined;
  /** Stops listening to the caller's signal: the work is over. */
  readonly dispose: () => void;

  /** `late` makes the error of a phase that took too long, or of all of them together. */
  constructor(late: (phase: 'attempt' | 'total') => Error, signal?: AbortSignal, totalMs: number | false = false) {
    this.#late = late;
    this.#totalMs = totalMs || Number.POSITIVE_INFINITY;
    const abort = () => {
      const { attempts } = this;
      const code = 'request.aborted';
      this.stop(new RunctlAbortError('The signal aborted the call.', { code, cause: signal?.reason, attempts }));
    };
    this.dispose = onAbort(signal, abort);
    if (signal?.aborted) abort();
  }

  /** Milliseconds since the beginning. */
  elapsed(): number {
    return performance.now() - this.#startedAt;
  }

  /** Milliseconds left of the total. */
  left(): number {
    return Math.max(0, this.#totalMs - this.elapsed());
  }

  /** Ends the phase with this error, and lets no other begin. The controller of the last phase aborts. */
  stop(error: Error): void {
    this.#ended = error;
    this.dispose();
    this.#endPhase?.(error);
  }

  /** Throws what ended the work, where something did. */
  check(): void {
    if (this.#ended) throw this.#ended;
  }

  /**
   * Runs work for so many milliseconds at most. When they are over, or the work is stopped, this rejects at once and the
   * controller aborts; work that pays no heed runs on unheard.
   */
  async run<T>(ms: number, work: () => T | PromiseLike<T>, controller?: AbortController): Promise<T> {
    this.check();
    const left = this.left();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ended = new Promise<never>((_, reject) => {
      const end = (error: Error) => {
        reject(error);
        controller?.abort(error);
      };
      this.#endPhase = end;
      const late = () => (ms < left ? end(this.#late('attempt')) : this.stop(this.#late('total')));
      timer = setTimeout(late, Math.min(ms, left, LONGEST_TIMER_MS));
    });
    try {
      return await Promise.race([work(), ended]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits. `setTimeout` is looked up at the call, so fake timers apply; it keeps the process alive, since somebody waits. */
  async pause(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const due = () =>
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, Math.min(ms, LONGEST_TIMER_MS));
      });
    await this.run(Number.POSITIVE_INFINITY, due).finally(() => clearTimeout(timer));
  }
}

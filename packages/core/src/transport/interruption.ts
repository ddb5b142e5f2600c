import { onAbort } from '../abort-listeners.ts';
import type { RunctlError } from '../errors/runctl-error.ts';
import { LONGEST_TIMER_MS } from '../options/number-option.ts';
import { abortedBy } from '../sleep.ts';

/**
 * What can end a call from outside: the caller's signal, and the clock. A call is in one phase at a time (an attempt, a
 * wait), so one slot holds how to end it. The caller's signal gets one listener a call, and loses it in `dispose`.
 */
export class Interruption {
  /** Requests begun so far; the error of an aborted call says it. */
  attempts = 0;
  readonly #signal: AbortSignal | undefined;
  readonly #stopListening: () => void;
  #endPhase: ((error: RunctlError) => void) | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    this.#stopListening = onAbort(signal, () => this.#endPhase?.(abortedBy(signal, this.attempts)));
  }

  /** The call is over. */
  dispose(): void {
    this.#endPhase = undefined;
    this.#stopListening();
  }

  /**
   * Runs work under a deadline. When the time is up, or the caller aborts, this rejects at once and the work's own
   * controller aborts; work that pays no heed runs on unheard.
   */
  async run<T>(ms: number, late: () => RunctlError, work: (controller: AbortController) => Promise<T>): Promise<T> {
    if (this.#signal?.aborted) throw abortedBy(this.#signal, this.attempts);
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ended = new Promise<never>((_, reject) => {
      const end = (error: RunctlError) => {
        reject(error);
        controller.abort(error);
      };
      this.#endPhase = end;
      timer = setTimeout(() => end(late()), Math.min(ms, LONGEST_TIMER_MS));
    });
    try {
      return await Promise.race([work(controller), ended]);
    } finally {
      clearTimeout(timer);
      this.#endPhase = undefined;
    }
  }
}

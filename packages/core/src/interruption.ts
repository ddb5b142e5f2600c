import { onAbort } from '#on-abort';
import { RunctlAbortError } from './errors/abort-error.ts';
import type { RunctlErrorInit } from './errors/runctl-error.ts';
import { LONGEST_TIMER_MS } from './options/number-option.ts';

/**
 * What can end work from outside: the caller's signal, the clock, and who owns the work. A call, a wait and a stream are
 * each in one phase at a time (an attempt, a look, a pause), so one slot holds how to end it. The signal gets one listener
 * for all phases, and loses it in `dispose`.
 */
export interface Interruption {
  /** Milliseconds since the beginning. */
  elapsed: () => number;
  /** Milliseconds left of the total. */
  left: () => number;
  /** Ends the phase with this error, and lets no other begin. The controller of the last phase aborts. */
  stop: (error: Error) => void;
  /** Throws what ended the work, where something did. */
  check: () => void;
  /** Stops listening to the caller's signal: the work is over. */
  dispose: () => void;
  /**
   * Runs work, for so many milliseconds at most; without any, waits for so long. When the time is over, or the work is
   * stopped, this rejects at once and the work's signal, that of the controller, aborts; work that pays no heed runs on unheard. `setTimeout` is looked
   * up at the call, so fake timers apply; it keeps the process alive, since somebody waits.
   */
  run: <T = void>(
    work?: (signal: AbortSignal) => T | PromiseLike<T>,
    ms?: number,
    controller?: AbortController,
  ) => Promise<T>;
}

/**
 * Begins to watch. `late` makes the error of a phase that took too long, or of all of them together; `facts` is what the
 * error of an aborted call says.
 */
export function interruptedBy(
  signal: AbortSignal | null | undefined,
  late: (phase: 'attempt' | 'total') => Error,
  totalMs: number | false = false,
  facts?: Pick<RunctlErrorInit, 'attempts' | 'request' | 'idempotencyKey'>,
): Interruption {
  /** Longer than any timer counts. */
  const NEVER_MS = 1e15;
  const startedAt = performance.now();
  /** No phase begins any more. */
  let stopped: Error | undefined;
  let endPhase: ((error: Error) => void) | undefined;

  const interruption: Interruption = {
    elapsed: () => performance.now() - startedAt,
    left: () => Math.max(0, (totalMs || NEVER_MS) - interruption.elapsed()),
    stop(error) {
      stopped = error;
      interruption.dispose();
      endPhase?.(error);
    },
    check() {
      if (stopped) throw stopped;
    },
    dispose: onAbort(signal, abort),
    async run<T>(
      work?: (signal: AbortSignal) => T | PromiseLike<T>,
      ms = NEVER_MS,
      controller = new AbortController(),
    ) {
      interruption.check();
      const leftMs = interruption.left();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const ended = new Promise<T>((resolve, reject) => {
        const end = (error: Error) => {
          reject(error);
          controller.abort(error);
        };
        endPhase = end;
        timer = setTimeout(
          () => {
            if (ms >= leftMs) interruption.stop(late('total'));
            else if (work) end(late('attempt'));
            else resolve(undefined as T);
          },
          Math.min(ms, leftMs, LONGEST_TIMER_MS),
        );
      });
      try {
        return await (work ? Promise.race([work(controller.signal), ended]) : ended);
      } finally {
        clearTimeout(timer);
      }
    },
  };
  function abort() {
    interruption.stop(aborted('The signal aborted the call.', signal?.reason, facts));
  }
  if (signal?.aborted) abort();
  return interruption;
}

/** The error of work that was ended from outside. */
export function aborted(message: string, cause?: unknown, facts?: object): RunctlAbortError {
  return new RunctlAbortError(message, { ...facts, code: 'request.aborted', cause });
}

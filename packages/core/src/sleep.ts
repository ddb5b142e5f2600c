import { onAbort } from './abort-listeners.ts';
import { RunctlAbortError } from './errors/abort-error.ts';
import { LONGEST_TIMER_MS } from './options/number-option.ts';

/**
 * Waits, unless the signal ends the wait. `setTimeout` is looked up at the call, so fake timers apply; the timer keeps the
 * process alive, because somebody waits for it.
 *
 * @throws {RunctlAbortError} the signal aborted; `cause` is its reason
 */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.reject(abortedBy(signal));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => {
        stopListening();
        resolve();
      },
      Math.min(ms, LONGEST_TIMER_MS),
    );
    const stopListening = onAbort(signal, () => {
      stopListening();
      clearTimeout(timer);
      reject(abortedBy(signal));
    });
  });
}

/** The error of a call that the caller's signal ended. */
export function abortedBy(signal: AbortSignal | undefined, attempts?: number): RunctlAbortError {
  return new RunctlAbortError('The call was aborted by its signal.', {
    code: 'request.aborted',
    cause: signal?.reason,
    attempts,
  });
}

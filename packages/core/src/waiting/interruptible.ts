import { onAbort } from '../abort-listeners.ts';

/**
 * Settles as `work` does, or rejects with the signal's reason as soon as it fires. What `work` does later is ignored, so
 * it may hang or fail without harm. No listener stays behind.
 */
export function interruptible<T>(work: T | PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const interrupt = () => reject(signal.reason);
    const stopListening = signal.aborted ? interrupt() : onAbort(signal, interrupt);
    Promise.resolve(work)
      .then(resolve, reject)
      .finally(() => stopListening?.());
  });
}

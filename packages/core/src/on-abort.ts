/**
 * Calls back when the signal aborts; returns how to stop listening. For bundles for edge runtimes and browsers, which
 * choose this file for `#on-abort`: there nobody counts the listeners of a signal, and bytes cost.
 */
export function onAbort(signal: AbortSignal | null | undefined, call: () => void): () => void {
  signal?.addEventListener('abort', call);
  return () => signal?.removeEventListener('abort', call);
}

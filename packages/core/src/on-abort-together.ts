const callsOf = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when the signal aborts; returns how to stop listening. Node, Deno and Bun choose this file for `#on-abort`: a
 * signal gets one listener however many calls share it (Node warns of a leak at eleven), and loses it with the last of them.
 */
export function onAbort(signal: AbortSignal | null | undefined, call: () => void): () => void {
  if (!signal) return () => undefined;
  const calls = callsOf.get(signal) ?? new Set();
  if (calls.size === 0) signal.addEventListener('abort', announce);
  callsOf.set(signal, calls.add(call));
  return () => {
    if (calls.delete(call) && calls.size === 0) signal.removeEventListener('abort', announce);
  };
}

function announce(this: AbortSignal): void {
  for (const call of callsOf.get(this) ?? []) call();
}

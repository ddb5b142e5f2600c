interface Listeners {
  calls: Set<() => void>;
  announce: () => void;
}

const listenersOf = new WeakMap<AbortSignal, Listeners>();

/**
 * Calls back when the signal aborts; returns how to stop listening. A signal gets one listener however many calls share
 * it (Node warns of a leak at eleven), and loses it with the last of them.
 */
export function onAbort(signal: AbortSignal | undefined, call: () => void): () => void {
  if (!signal) return () => undefined;
  const listeners = listenersOf.get(signal) ?? listenTo(signal);
  listeners.calls.add(call);
  return () => {
    listeners.calls.delete(call);
    if (listeners.calls.size > 0) return;
    listenersOf.delete(signal);
    signal.removeEventListener('abort', listeners.announce);
  };
}

function listenTo(signal: AbortSignal): Listeners {
  const calls = new Set<() => void>();
  const announce = () => {
    for (const call of calls) call();
  };
  const listeners = { calls, announce };
  listenersOf.set(signal, listeners);
  signal.addEventListener('abort', announce);
  return listeners;
}

import { setTimeout as sleepFor } from 'node:timers/promises';

/** Waits, or rejects at once with the signal's reason. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleepFor(ms, undefined, { signal });
  } catch {
    signal.throwIfAborted();
  }
}

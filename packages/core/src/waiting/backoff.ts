/** Bounds of a delay, milliseconds. */
export interface BackoffBounds {
  /** No delay is shorter. */
  floorMs: number;
  /** How far the first delay may lie above the floor; it doubles with each failure. */
  baseMs: number;
  /** No delay is longer. */
  capMs: number;
}

/**
 * Milliseconds to wait after so many failures in a row, from 0. Full jitter: any delay up to the bound is as likely as
 * any other, so that clients which failed together do not come back together.
 */
export function jitteredMs(failures: number, bounds: BackoffBounds, random: () => number = Math.random): number {
  const spread = bounds.baseMs * 2 ** Math.min(failures, 30);
  return Math.min(bounds.capMs, bounds.floorMs + random() * spread);
}

/** What the server asked for with the error, milliseconds; 0 where it did not. */
export function askedDelayMs(error: unknown): number {
  const seconds = (error as { retryAfter?: unknown } | undefined)?.retryAfter;
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : 0;
}

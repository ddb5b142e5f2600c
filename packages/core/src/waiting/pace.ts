import { checkNumber } from '../options/number-option.ts';
import type { WaitOptions } from '../options/request-options.ts';

/** No two looks follow each other faster, milliseconds, however small an interval was asked for. */
const FLOOR_MS = 100;

/** When the next look is due: at once while the server holds the looks itself, after an interval where it does not. */
export interface Pace {
  /** Whether looks ask the server to hold them. */
  longPolls: boolean;
  /** Milliseconds until the next look, after one that took so many; `changed`: the version had moved on. */
  next: (changed: boolean, elapsedMs: number) => number;
}

/** What the options of a wait say, checked. */
export interface WaitPlan {
  pace: Pace;
  /** Failed looks in a row. */
  retries: number;
  /** Milliseconds. */
  totalMs: number;
}

/**
 * Checks the options of a wait.
 *
 * @throws {RunctlConfigError} one is out of bounds
 */
export function planWait({ maxRetries = 5, timeoutMs = 300_000, ...options }: WaitOptions<never>): WaitPlan {
  return {
    pace: paceOf(options),
    retries: checkNumber('maxRetries', maxRetries, 0, 1_000_000, true),
    totalMs: checkNumber('timeoutMs', timeoutMs, 1),
  };
}

/**
 * The pace that the options ask for.
 *
 * @throws {RunctlConfigError} an interval or a factor is out of bounds
 */
function paceOf({ pollIntervalMs, intervalMs, backoffFactor, maxIntervalMs }: WaitOptions<never>): Pace {
  const longPolls = (pollIntervalMs ?? intervalMs ?? backoffFactor ?? maxIntervalMs) === undefined;
  const factor = checkNumber('backoffFactor', backoffFactor ?? 1.5, 1, 1_000);
  const longestMs =
    pollIntervalMs === undefined
      ? interval('maxIntervalMs', maxIntervalMs ?? 30_000)
      : interval('pollIntervalMs', pollIntervalMs);
  // A fixed interval is the first and the longest one.
  const firstMs = Math.min(longestMs, interval('intervalMs', pollIntervalMs ?? intervalMs ?? 1_000));
  let nextMs = firstMs;
  let quickChanges = 0;

  const next = (changed: boolean, elapsedMs: number): number => {
    /** A held look that comes back unchanged before this was not held, milliseconds: the server does not long-poll. */
    const HELD_MS = 1_000;
    /** Quick changes that are followed at once. Past them each look waits for the floor. */
    const BURST = 10;
    if (longPolls && changed) {
      nextMs = firstMs;
      quickChanges = elapsedMs < FLOOR_MS ? quickChanges + 1 : 0;
      return quickChanges > BURST ? FLOOR_MS : 0;
    }
    if (longPolls && elapsedMs >= HELD_MS) return 0;
    const ms = nextMs;
    nextMs = Math.min(ms * factor, longestMs);
    return ms;
  };
  return { longPolls, next };
}

function interval(name: string, value: number): number {
  return Math.max(FLOOR_MS, checkNumber(name, value, 0));
}

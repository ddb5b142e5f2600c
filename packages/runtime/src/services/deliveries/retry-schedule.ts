import { hourMs } from '../../full-hours.ts';

// When what could not be delivered is tried again: pure, with chance and time as arguments.

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

/**
 * Ceilings of the pauses, in turn; the last one repeats. Each pause is drawn evenly between nothing and its ceiling
 * (full jitter), so that what failed together does not come back together. Within a day that makes about 20 attempts.
 */
export const pauseCeilingsMs: readonly number[] = [
  10 * secondMs,
  30 * secondMs,
  2 * minuteMs,
  5 * minuteMs,
  15 * minuteMs,
  45 * minuteMs,
  2 * hourMs,
  4 * hourMs,
];

/** Tried for this long, counted from the event or from a replay by hand. */
export const triedForMs = 24 * hourMs;
/** No pause is shorter. */
export const shortestPauseMs = secondMs;
/** No receiver can ask for a longer one. */
export const longestAskedPauseMs = hourMs;

/** An attempt that failed. */
export interface FailedAttempt {
  /** Attempts so far, this one counted. */
  attempts: number;
  /** Milliseconds since the epoch. */
  now: number;
  giveUpAt: number;
  /** What the receiver asked for with `Retry-After`, milliseconds; null: nothing. */
  askedPauseMs: number | null;
  /** Drawn from 0 to below 1. */
  chance: number;
}

/** When to try again; null: never by itself, the day is over. */
export function nextAttemptAt({ attempts, now, giveUpAt, askedPauseMs, chance }: FailedAttempt): number | null {
  if (now >= giveUpAt) return null;
  const ceiling = pauseCeilingsMs[Math.min(attempts, pauseCeilingsMs.length) - 1] ?? shortestPauseMs;
  // Behind what was asked for comes the jitter all the same: others were asked for the same.
  const pause = (askedPauseMs ?? 0) + Math.max(shortestPauseMs, Math.floor(chance * ceiling));
  // The last attempt is at the end of the day, not some hours before it.
  return Math.min(now + pause, giveUpAt);
}

/** Failures in a row after which a receiver is left alone for a while. */
const patience = 3;
const longestRestMs = 5 * minuteMs;

/**
 * How long nothing at all is sent to a receiver that fails again and again, so that a backlog does not storm it.
 *
 * @param failures in a row
 * @param chance drawn from 0 to below 1
 */
export function restMs(failures: number, askedPauseMs: number | null, chance: number): number {
  const ceiling = failures < patience ? 0 : Math.min(longestRestMs, secondMs * 2 ** (failures - patience));
  return Math.max(askedPauseMs ?? 0, Math.floor(ceiling * (0.5 + chance / 2)));
}

/** Reads `Retry-After`, seconds or a date, bounded; null where there is none that can be read. */
export function askedPause(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  const text = header.trim();
  const asked = /^\d{1,9}$/.test(text) ? Number(text) * secondMs : Date.parse(text) - now;
  return Number.isNaN(asked) ? null : Math.min(Math.max(asked, 0), longestAskedPauseMs);
}

/** How a call failed, as far as the decision to repeat it goes. */
export interface FailedAttempt {
  /** From 1. */
  attempt: number;
  /** Undefined where no answer came. */
  status: number | undefined;
  /** As the provider sent it: seconds or an HTTP date. */
  retryAfter: string | undefined;
}

const MOST_ATTEMPTS = 4;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 8_000;
const LONGEST_RETRY_AFTER_MS = 60_000;
const RETRIED_STATUSES = new Set([408, 409, 425, 429]);

/** Whether the same call may succeed later: no answer at all, a refusal for the moment, or a fault of the server. */
export function isRetryableStatus(status: number | undefined): boolean {
  return status === undefined || status >= 500 || RETRIED_STATUSES.has(status);
}

/**
 * Milliseconds until the next attempt, or null to give up. A `Retry-After` is obeyed, or ends the call where it asks
 * for more than a minute; else the delay doubles from half a second to eight, with jitter.
 */
export function retryDelayMs(failed: FailedAttempt, now: Date, random: () => number): number | null {
  if (failed.attempt >= MOST_ATTEMPTS || !isRetryableStatus(failed.status)) return null;
  const asked = retryAfterMs(failed.retryAfter, now);
  if (asked !== null) return asked <= LONGEST_RETRY_AFTER_MS ? asked : null;
  const ceiling = Math.min(FIRST_DELAY_MS * 2 ** (failed.attempt - 1), LONGEST_DELAY_MS);
  return ceiling * (0.5 + random() / 2);
}

function retryAfterMs(value: string | undefined, now: Date): number | null {
  if (value === undefined) return null;
  if (/^\d+(\.\d+)?$/.test(value.trim())) return Number(value) * 1_000;
  // `Date.parse` takes nearly anything for a date; HTTP's end with GMT.
  const date = value.trim().endsWith('GMT') ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(date - now.getTime(), 0);
}

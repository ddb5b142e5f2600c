import { isRetryableError } from '../errors/is-retryable-error.ts';
import type { Interruption } from '../interruption.ts';

/**
 * Milliseconds to wait after a failed attempt (from 1), with full jitter: anything from 0 to the attempt's ceiling, so
 * that clients which failed together do not come back together.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(
  attempt: number,
  random: () => number = Math.random,
  firstCeilingMs = 500,
  lastCeilingMs = 8_000,
): number {
  return random() * Math.min(lastCeilingMs, firstCeilingMs * 2 ** (attempt - 1));
}

/**
 * Waits until a look or a connection that failed with this error is to be tried again, after so many failures before it.
 * No delay is shorter than `floorMs`; the first may lie above it by `baseMs`, which doubles with each failure.
 *
 * @throws the error where nothing is tried again: it would not help, there were `retries` failures, or the server asks for
 * longer than `longestMs`
 */
export async function pauseAfter(
  { run }: Interruption,
  error: unknown,
  failures: number,
  retries: number,
  longestMs: number,
  floorMs = 100,
  baseMs = 500,
): Promise<void> {
  const askedMs = ((error as { retryAfter?: number } | undefined)?.retryAfter ?? 0) * 1000;
  if (!isRetryableError(error) || failures >= retries || askedMs > longestMs) throw error;
  await run(
    undefined,
    Math.max(askedMs, Math.min(30_000, floorMs + backoffMs(failures + 1, Math.random, baseMs, 30_000))),
  );
}

/**
 * Milliseconds that a `Retry-After` asks for; `undefined` where there is none that the standard knows. A date counts from
 * the answer's own `Date`, so a wrong clock on this side does no harm; a date that is past asks for 0.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfterMs(headers: Headers, now: number = Date.now()): number | undefined {
  const text = headers.get('retry-after') ?? '';
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, Number.MAX_SAFE_INTEGER);
  const until = httpDate(text);
  return Number.isNaN(until) ? undefined : Math.max(0, until - (httpDate(headers.get('date') ?? '') || now));
}

/** Milliseconds since the epoch, of any of the three spellings that the standard lists; all are in GMT. NaN for others. */
function httpDate(text: string): number {
  return /^[A-Z][a-z]+,? .*\d\d:\d\d:\d\d/.test(text) ? Date.parse(text.replace(/( GMT)?$/, ' GMT')) : Number.NaN;
}

/** Up to a tenth (at most a second) on top of what the server asked for, so that those it sent away return spread. */
export function spread(ms: number, random: () => number = Math.random): number {
  return ms + random() * Math.min(1_000, ms / 10);
}

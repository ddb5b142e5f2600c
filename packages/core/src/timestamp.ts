import { invalidRequest } from './errors/invalid-request.ts';
import type { DateInput, Timestamp } from './time.ts';

/** Text that starts as RFC 3339 does; other spellings mean different instants on different machines. */
const DATE_TEXT = /^\d{4}-\d\d-\d\d/;

/**
 * An instant as it travels. A date without a time is midnight UTC.
 *
 * @throws {RunctlValidationError} status 0 - no instant: an invalid `Date`, NaN, text in another format
 */
export function toTimestamp(input: DateInput, name: string): Timestamp {
  const date = typeof input === 'string' && !DATE_TEXT.test(input) ? undefined : new Date(input);
  if (date !== undefined && !Number.isNaN(date.getTime())) return date.toISOString();
  const got =
    typeof input === 'string'
      ? JSON.stringify(input.slice(0, 40))
      : `an invalid ${input instanceof Date ? 'Date' : 'number'}`;
  throw invalidRequest(
    `\`${name}\` must be a Date, milliseconds since 1970, or text like 2026-11-20T08:30:00Z, not ${got}.`,
    name,
  );
}

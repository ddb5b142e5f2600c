import { RunctlConfigError } from '../errors/config-error.ts';

/** What `setTimeout` can count, milliseconds; above it, it fires at once. */
export const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * A number within its bounds, both inclusive.
 *
 * @throws {RunctlConfigError} it is something else; the error names the option
 */
export function checkNumber(
  name: string,
  value: unknown,
  { min, max, integer = false }: { min: number; max: number; integer?: boolean },
): number {
  if (typeof value === 'number' && value >= min && value <= max && (!integer || Number.isInteger(value))) return value;
  const got = typeof value === 'number' ? value : typeof value;
  throw new RunctlConfigError(
    `\`${name}\` must be a ${integer ? 'whole ' : ''}number from ${min} to ${max}, not ${got}.`,
  );
}

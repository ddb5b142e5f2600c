import { badOption } from '../errors/config-error.ts';
import { kindOf } from '../kind-of.ts';

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
  min: number,
  max = LONGEST_TIMER_MS,
  isWhole = false,
): number {
  if (typeof value === 'number' && value >= min && value <= max && (!isWhole || Number.isSafeInteger(value)))
    return value;
  throw badOption(name, `a ${isWhole ? 'whole ' : ''}number from ${min} to ${max}, not ${kindOf(value)}`);
}

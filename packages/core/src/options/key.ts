import { badOption } from '../errors/config-error.ts';

/**
 * A key without the white space around it: a file's key often ends in a line break.
 *
 * @throws {RunctlConfigError} it is missing, or holds what no key holds; the key is not echoed
 */
export function checkKey(value: unknown, name = 'apiKey'): string {
  const key = typeof value === 'string' ? value.trim() : '';
  if (/^[\x21\x23-\x26\x28-\x7e]+$/.test(key)) return key;
  throw badOption(name, 'the key alone, no `Bearer`, quotes or blanks; `Runctl.fromEnv()` reads RUNCTL_API_KEY');
}

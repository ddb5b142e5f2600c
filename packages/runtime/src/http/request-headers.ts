import type { Context } from 'hono';
import { Failure, invalid } from '../services/failure.ts';

const printable = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;

/** The key of `Idempotency-Key`. @throws {Failure} `idempotency.key_invalid` */
export function idempotencyKey(c: Context): string | undefined {
  const key = c.req.header('idempotency-key');
  if (key === undefined || printable.test(key)) return key;
  throw new Failure('idempotency.key_invalid', 'Expected an Idempotency-Key of 1 to 255 printable ASCII characters.');
}

/** The version of `If-Match`: `7` or `"7"`. @throws {Failure} `request.invalid` */
export function ifMatch(c: Context): number | undefined {
  const header = c.req.header('if-match');
  if (header === undefined) return undefined;
  const version = /^"?(\d{1,15})"?$/.exec(header.trim())?.[1];
  if (version !== undefined) return Number(version);
  throw invalid([
    { path: 'If-Match', code: 'invalid', message: 'Expected the version of the resource, a whole number' },
  ]);
}

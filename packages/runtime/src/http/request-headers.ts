import type { IncomingHttpHeaders } from 'node:http';
import type { Context } from 'hono';
import { Failure, invalid } from '../services/failure.ts';

/** What the server knows of a request besides the request. */
export interface RequestOrigin {
  /** Of the socket. */
  address: string | undefined;
  /** As Node has parsed them, by their names in lower case. */
  headers?: IncomingHttpHeaders;
}

/** A header of a request. What came over a socket is there already: to make a `Headers` of it takes many times longer. */
export function header(c: Context, name: string): string | undefined {
  const { headers } = (c.env ?? {}) as Partial<RequestOrigin>;
  if (headers === undefined) return c.req.header(name);
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

const printable = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;

/** The key of `Idempotency-Key`. @throws {Failure} `idempotency.key_invalid` */
export function idempotencyKey(c: Context): string | undefined {
  const key = header(c, 'idempotency-key');
  if (key === undefined || printable.test(key)) return key;
  throw new Failure('idempotency.key_invalid', 'Expected an Idempotency-Key of 1 to 255 printable ASCII characters.');
}

/** The version of `If-Match`: `7` or `"7"`. @throws {Failure} `request.invalid` */
export function ifMatch(c: Context): number | undefined {
  const expected = header(c, 'if-match');
  if (expected === undefined) return undefined;
  const version = /^"?(\d{1,15})"?$/.exec(expected.trim())?.[1];
  if (version !== undefined) return Number(version);
  throw invalid([
    { path: 'If-Match', code: 'invalid', message: 'Expected the version of the resource, a whole number' },
  ]);
}

import { RunctlConfigError } from '../errors/config-error.ts';

/** Lower-case names and their values. */
export type HeaderFields = Record<string, string>;

/** Headers that are not the caller's to set, and what to use instead. */
const RESERVED: Record<string, string> = {
  authorization: '`apiKey`',
  'idempotency-key': '`idempotencyKey`',
  'if-match': '`ifMatch`',
  host: '`baseUrl`',
  'content-length': '',
  'transfer-encoding': '',
  connection: '',
};

/**
 * Lays headers over others: names in any case, the last wins, `null` removes, `undefined` is passed over.
 *
 * @throws {RunctlConfigError} a header is reserved, or its name or value is none; the value is not echoed
 */
export function mergeHeaders(base: HeaderFields, headers: object = {}): HeaderFields {
  const merged: HeaderFields = { ...base };
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) throw new RunctlConfigError('A name in `headers` is not a header name.');
    if (Object.hasOwn(RESERVED, name)) {
      const instead = RESERVED[name] ? `: use ${RESERVED[name]}` : '';
      throw new RunctlConfigError(`The header \`${name}\` cannot be set${instead}.`);
    }
    if (value === null) delete merged[name];
    else if (value !== undefined) merged[name] = headerValue(name, value);
  }
  return merged;
}

function headerValue(name: string, value: unknown): string {
  if (typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value.trim();
  throw new RunctlConfigError(`The value of the header \`${name}\` is not one line of Latin text.`);
}

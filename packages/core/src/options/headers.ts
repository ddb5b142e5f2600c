import { badOption } from '../errors/config-error.ts';

/** Lower-case names and their values. */
export type HeaderFields = Record<string, string>;

/** Names, but for those of headers that are not the caller's to set. */
const NAME =
  /^(?!(authorization|idempotency-key|if-match|host|content-length|transfer-encoding|connection)$)[\w!#$%&'*+.^`|~-]+$/;

/**
 * Lays headers over others: names in any case, the last wins, `null` removes, `undefined` is passed over.
 *
 * @throws {RunctlConfigError} a header is reserved, or its name or value is none; the value is not echoed
 */
export function mergeHeaders(base: HeaderFields, headers: object = {}): HeaderFields {
  const merged = { ...base };
  const entries = Symbol.iterator in headers ? (headers as Iterable<[string, unknown]>) : Object.entries(headers);
  for (const [given, value] of entries) {
    const name = given.toLowerCase();
    const text = value ?? '';
    if (!NAME.test(name) || typeof text !== 'string' || !isHeaderText(text)) {
      throw badOption(
        `headers.${name}`,
        'one line of Latin text, and no header with an option (`apiKey`, `baseUrl`, `idempotencyKey`, `ifMatch`)',
      );
    }
    if (value === null) delete merged[name];
    else if (value !== undefined) merged[name] = text.trim();
  }
  return merged;
}

/** Whether a header can carry it. */
export function isHeaderText(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}

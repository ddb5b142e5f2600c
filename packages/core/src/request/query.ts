import { invalidRequest } from '../errors/invalid-request.ts';
import { encoded } from './route.ts';

/**
 * A query as text, with its `?`, or the empty text. `undefined` and `null` are left out; a date becomes a timestamp; an
 * array repeats its name (`status=queued&status=running`); an object names its keys (`label[team]=red`).
 *
 * @throws {RunctlValidationError} status 0 - a date or number is none, or a value is nested deeper
 */
export function queryText(query: object = {}): string {
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(query)) addParameter(pairs, name, value, true);
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}

function addParameter(pairs: string[], name: string, value: unknown, mayNest: boolean): void {
  if (value === undefined || value === null) return;
  if (typeof value !== 'object' || value instanceof Date) {
    pairs.push(`${encoded(name, name)}=${encoded(parameterText(name, value), name)}`);
  } else if (mayNest && Array.isArray(value)) {
    for (const item of value) addParameter(pairs, name, item, false);
  } else if (mayNest) {
    for (const [key, item] of Object.entries(value)) addParameter(pairs, `${name}[${key}]`, item, false);
  } else {
    throw invalidRequest(`\`${name}\` is nested too deep for a query.`, name);
  }
}

function parameterText(name: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return String(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  const got = value instanceof Date ? 'an invalid date' : typeof value === 'number' ? value : `a ${typeof value}`;
  throw invalidRequest(`\`${name}\` is ${got}, which no query can carry.`, name);
}

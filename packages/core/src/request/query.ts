import { invalidRequest } from '../errors/invalid-request.ts';
import { isScalar, kindOf } from '../kind-of.ts';
import { encoded } from './route.ts';

/**
 * A query as text, with its `?`, or the empty text. `undefined` and `null` are left out; a date becomes a timestamp; an
 * array repeats its name (`status=queued&status=running`); an object names its keys (`label[team]=red`).
 *
 * @throws {RunctlValidationError} status 0 - a date or number is none, or a value is nested deeper
 */
export function queryText(query: object = {}): string {
  let text = '';
  const add = (name: string, value: unknown, mayNest: boolean): void => {
    if (value === undefined || value === null) return;
    if (mayNest && typeof value === 'object' && !(value instanceof Date)) {
      for (const [key, item] of Object.entries(value))
        add(Array.isArray(value) ? name : `${name}[${key}]`, item, false);
    } else text += `${text ? '&' : '?'}${encoded(name, name)}=${encoded(parameter(name, value), name)}`;
  };
  for (const [name, value] of Object.entries(query)) add(name, value, true);
  return text;
}

function parameter(name: string, value: unknown): string {
  if (isScalar(value)) return String(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  throw invalidRequest(`\`${name}\` cannot carry ${kindOf(value)}.`, name);
}

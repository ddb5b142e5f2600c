import { RunctlValidationError } from '../errors/api-error.ts';
import { invalidRequest } from '../errors/invalid-request.ts';
import { isScalar, kindOf } from '../kind-of.ts';

/**
 * A body as JSON text, made once, so that every attempt sends the same bytes whatever happens to the object meanwhile.
 *
 * @throws {RunctlValidationError} status 0 - it holds what JSON cannot carry; `details` has the path of the field
 */
export function bodyText(body: unknown): string | undefined {
  /** Levels of nesting that a body may have. */
  const DEEPEST = 1_000;
  /** Where the walk is: the objects it is inside of, and the keys that led there. */
  const inside: object[] = [];
  const keys: (string | number)[] = [];

  const refuse = (what: string, cause?: unknown): never => {
    const pointer = keys.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
    throw invalidRequest(`The body cannot be sent as JSON: its ${pointer || 'value'} is ${what}.`, pointer, cause);
  };
  const walk = (value: unknown): void => {
    if (value === null || isScalar(value)) return;
    const object = value as Record<string | number, unknown>;
    const isList = Array.isArray(object);
    if (typeof object !== 'object' || (object instanceof Date && Number.isNaN(object.getTime()))) refuse(kindOf(value));
    if (inside.length >= DEEPEST || inside.includes(object)) refuse(`a circle, or deeper than ${DEEPEST} levels`);
    inside.push(object);
    if (typeof object.toJSON === 'function') walk(object.toJSON());
    else {
      if (!isList && !isPlain(object)) refuse(`${object.constructor?.name}, no plain object`);
      for (const key of isList ? object.keys() : Object.keys(object)) {
        keys.push(key);
        const field = object[key];
        if (field !== undefined || isList) walk(field);
        keys.pop();
      }
    }
    inside.pop();
  };

  if (body === undefined) return body;
  try {
    walk(body);
  } catch (cause) {
    if (cause instanceof RunctlValidationError) throw cause;
    refuse('unreadable', cause);
  }
  return JSON.stringify(body);
}

/** Object literals and objects without a prototype, of whatever realm. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

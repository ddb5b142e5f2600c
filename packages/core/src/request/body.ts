import { invalidRequest } from '../errors/invalid-request.ts';

/** Levels of nesting that a body may have. */
const DEEPEST = 1_000;

/** What JSON would lose in silence; the path is filled on the way back up, so a good body costs no bookkeeping. */
interface Loss {
  what: string;
  path: string[];
  cause?: unknown;
}

/**
 * A body as JSON text, made once, so that every attempt sends the same bytes whatever happens to the object meanwhile.
 *
 * @throws {RunctlValidationError} status 0 - it holds what JSON cannot carry; `details` has the path of the field
 */
export function bodyText(body: unknown): string | undefined {
  if (body === undefined) return undefined;
  const loss = findLoss(body, 0);
  if (loss === undefined) return JSON.stringify(body);
  const path = loss.path.length < DEEPEST ? loss.path : (circle(body, loss.path) ?? loss.path.slice(0, 10));
  const pointer = path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  throw invalidRequest(`The body's ${pointer || 'value'} ${loss.what}.`, pointer, loss.cause);
}

function findLoss(value: unknown, depth: number): Loss | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : { what: `is ${value}, which JSON cannot carry`, path: [] };
    case 'object':
      return value === null ? undefined : findLossInObject(value, depth);
    default:
      return { what: `is a ${typeof value}, which JSON cannot carry`, path: [] };
  }
}

function findLossInObject(value: object, depth: number): Loss | undefined {
  if (depth >= DEEPEST) return { what: `is circular, or nested deeper than ${DEEPEST} levels`, path: [] };
  let key = '';
  try {
    if ('toJSON' in value && typeof value.toJSON === 'function') {
      if (value instanceof Date && Number.isNaN(value.getTime())) return { what: 'is an invalid date', path: [] };
      return findLoss(value.toJSON(), depth + 1);
    }
    if (!isPlain(value)) return { what: `is a ${value.constructor?.name}: pass a plain object or an array`, path: [] };
    const fields = value as Record<string, unknown>;
    for (key of Array.isArray(value) ? Array.from(value, (_, index) => String(index)) : Object.keys(value)) {
      const field = fields[key];
      if (field === undefined && !Array.isArray(value)) continue;
      const loss = findLoss(field, depth + 1);
      if (loss) {
        loss.path.unshift(key);
        return loss;
      }
    }
    return undefined;
  } catch (cause) {
    return { what: 'could not be read', path: key === '' ? [] : [key], cause };
  }
}

/** Arrays, object literals and objects without a prototype, of whatever realm. */
function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The path at which an object meets one of its ancestors, where it does. */
function circle(root: unknown, path: readonly string[]): string[] | undefined {
  const seen = new Set<unknown>();
  let value = root;
  for (const [level, key] of path.entries()) {
    if (seen.has(value)) return path.slice(0, level);
    seen.add(value);
    value = (value as Record<string, unknown>)[key];
  }
  return undefined;
}

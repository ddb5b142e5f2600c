import { invalidRequest } from '../errors/invalid-request.ts';

/** Characters that an id in a path may have. */
const LONGEST_ID = 256;

/**
 * Method and path of a route, its parameters filled in; each becomes exactly one path segment.
 *
 * @throws {RunctlValidationError} status 0 - a parameter is missing, empty, no id, or would climb out of its segment
 */
export function fillRoute(
  route: string,
  params: Record<string, string | number> = {},
): { method: string; path: string } {
  const space = route.indexOf(' ');
  return {
    method: route.slice(0, space),
    path: route
      .slice(space + 1)
      .replace(/:(\w+)/g, (_, name: string) => segment(name, Object.hasOwn(params, name) ? params[name] : undefined)),
  };
}

function segment(name: string, value: unknown): string {
  const text = typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? String(value) : value;
  if (typeof text !== 'string') {
    const got = typeof value === 'number' ? value : value === null ? 'null' : typeof value;
    throw invalidRequest(`\`${name}\` must be an id, not ${got}.`, name);
  }
  if (/^\.{0,2}$/.test(text) || text.length > LONGEST_ID) {
    throw invalidRequest(`\`${name}\` must be an id of 1 to ${LONGEST_ID} characters, not a path.`, name);
  }
  return encoded(text, name);
}

/**
 * Percent-encodes a text; each half of a character that lost its other half has no encoding.
 *
 * @throws {RunctlValidationError} status 0 - the text holds such a half
 */
export function encoded(text: string, name: string): string {
  try {
    return encodeURIComponent(text);
  } catch (error) {
    throw invalidRequest(`\`${name}\` holds half a character (a lone surrogate).`, name, error);
  }
}

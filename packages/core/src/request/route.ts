import { invalidRequest } from '../errors/invalid-request.ts';
import { kindOf } from '../kind-of.ts';
import { own } from '../own.ts';

/**
 * Method and path of a route, its parameters filled in; each becomes exactly one path segment.
 *
 * @throws {RunctlValidationError} status 0 - a parameter is missing, empty, no id, or would climb out of its segment
 */
export function fillRoute(
  route: string,
  params: Record<string, string | number> = {},
): { method: string; path: string } {
  /** Characters that an id in a path may have. */
  const LONGEST_ID = 256;
  const [method = '', template = ''] = route.split(' ');
  const given = own(params);
  const path = template.replace(/:(\w+)/g, (_, name: string) => {
    const value = given[name];
    const id = Number.isSafeInteger(value) && Number(value) > 0 ? String(value) : value;
    if (typeof id === 'string' && !/^\.{0,2}$/.test(id) && id.length <= LONGEST_ID) return encoded(id, name);
    throw invalidRequest(`\`${name}\` must be an id of 1 to ${LONGEST_ID} characters, not ${kindOf(id)}.`, name);
  });
  return { method, path };
}

/**
 * Percent-encodes a text; each half of a character that lost its other half has no encoding.
 *
 * @throws {RunctlValidationError} status 0 - the text holds such a half
 */
export function encoded(text: string, name: string): string {
  try {
    return encodeURIComponent(text);
  } catch (cause) {
    throw invalidRequest(`\`${name}\` holds a lone surrogate.`, name, cause);
  }
}

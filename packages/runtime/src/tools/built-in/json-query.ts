import type { JsonValue } from '@runctl/core';
import { type BuiltIn, ToolFailure } from '../tool.ts';

type Token = string | number | typeof EVERY;
const EVERY = Symbol('every');

/** Looks a part of a JSON document up. */
export const jsonQuery: BuiltIn = {
  name: 'json_query',
  description:
    'Reads a part of a JSON document: by JSON Pointer ("/items/0/name") or by path ("items[0].name", "items[*].name").',
  inputSchema: {
    type: 'object',
    properties: {
      json: { description: 'The document, as JSON or as its text.' },
      path: { type: 'string', maxLength: 1000, description: 'Empty: the whole document.' },
    },
    required: ['json', 'path'],
    additionalProperties: false,
  },
  run({ json = null, path }) {
    const tokens = parsePath(String(path));
    const values = tokens.reduce<JsonValue[]>(
      (found, token) => found.flatMap((each) => childrenOf(each, token)),
      [documentOf(json)],
    );
    if (tokens.includes(EVERY)) return { result: { found: values.length > 0, value: values } };
    return { result: { found: values.length > 0, value: values[0] ?? null } };
  },
};

function documentOf(json: JsonValue): JsonValue {
  if (typeof json !== 'string') return json;
  try {
    return JSON.parse(json);
  } catch (error) {
    const message = `"json" is text that is not JSON: ${error instanceof Error ? error.message : String(error)}`;
    throw new ToolFailure({ code: 'tool_arguments_invalid', message, cause: error });
  }
}

function childrenOf(value: JsonValue, token: Token): JsonValue[] {
  if (typeof value !== 'object' || value === null) return [];
  if (token === EVERY) return Object.values(value);
  if (Array.isArray(value)) {
    const child = /^\d+$/.test(String(token)) ? value[Number(token)] : undefined;
    return child === undefined ? [] : [child];
  }
  const child = Object.hasOwn(value, token) ? value[token] : undefined;
  return child === undefined ? [] : [child];
}

/** @see https://www.rfc-editor.org/rfc/rfc6901 */
function parsePath(path: string): Token[] {
  if (path === '' || path === '$') return [];
  if (path.startsWith('/')) {
    return path
      .slice(1)
      .split('/')
      .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  const tokens: Token[] = [];
  const pattern = /\.?([^.[\]"'\s]+)|\[(\d+|\*)\]|\[(?:"([^"]*)"|'([^']*)')\]/y;
  const text = path.startsWith('$') ? path.slice(1) : path;
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const [, name, index, double, single] = pattern.exec(text) ?? [];
    const token = name ?? index ?? double ?? single;
    if (token === undefined) throw badPath(path, at);
    tokens.push((name ?? index) === '*' ? EVERY : token);
  }
  return tokens;
}

function badPath(path: string, at: number): ToolFailure {
  const message = `The path "${path}" cannot be read at character ${at + 1}. Expected "a.b[0]", "a[*].b" or "/a/b/0".`;
  return new ToolFailure({ code: 'tool_arguments_invalid', message });
}

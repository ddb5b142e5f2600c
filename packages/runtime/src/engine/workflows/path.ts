import type { JsonValue } from '@runctl/core';

/** Where a value stands: `steps.research.output[0]` is `['steps', 'research', 'output', 0]`. */
export type Path = readonly [root: string, ...members: (string | number)[]];

/** What paths begin at. */
export type PathRoots = Readonly<Record<string, JsonValue>>;

const part = /\.?([A-Za-z_][\w-]*)|\[(\d{1,9})\]|\["((?:[^"\\]|\\.){1,200})"\]/y;

/** Reads a path; undefined where the text is none. */
export function parsePath(text: string): Path | undefined {
  const parts: (string | number)[] = [];
  part.lastIndex = 0;
  while (part.lastIndex < text.length) {
    const startsWithDot = text[part.lastIndex] === '.';
    const match = part.exec(text);
    if (match === null) return undefined;
    const [, name, index, quoted] = match;
    // A name follows a dot, but for the first.
    if (name !== undefined && startsWithDot !== parts.length > 0) return undefined;
    if (name !== undefined) parts.push(name);
    else if (index !== undefined) parts.push(Number(index));
    else parts.push((quoted ?? '').replaceAll(/\\(.)/g, '$1'));
  }
  const [root, ...members] = parts;
  return typeof root === 'string' ? [root, ...members] : undefined;
}

/** The value that a path leads to; undefined where there is none. Only own members are looked at. */
export function valueAt(path: Path, roots: PathRoots): JsonValue | undefined {
  let value: JsonValue | undefined = Object.hasOwn(roots, path[0]) ? roots[path[0]] : undefined;
  for (const member of path.slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value)) value = typeof member === 'number' ? value[member] : undefined;
    else value = Object.hasOwn(value, member) ? value[String(member)] : undefined;
  }
  return value;
}

/** The step that a path reads, where it reads one. */
export function stepOf(path: Path): string | undefined {
  return path[0] === 'steps' && path[1] !== undefined ? String(path[1]) : undefined;
}

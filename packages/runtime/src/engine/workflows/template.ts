import type { JsonValue } from '@runctl/core';
import { type Path, type PathRoots, parsePath, valueAt } from './path.ts';

// Placeholders are paths, never code: `{{input.topic}}`, `{{steps.research.output.items[0]}}`.

const placeholder = /\{\{([^{}]{0,500})\}\}/g;

/** A placeholder, and where it stands in the value that holds it. */
export interface FoundPlaceholder {
  /** JSON Pointer. */
  at: string;
  /** As written, without the braces. */
  text: string;
  /** Undefined where it is no path. */
  path: Path | undefined;
}

/** Every placeholder of a value: in texts and in names of members too, which are left as they are. */
export function placeholdersOf(value: JsonValue, at = ''): FoundPlaceholder[] {
  if (typeof value === 'string') {
    return [...value.matchAll(placeholder)].map(([, text = '']) => ({ at, text, path: parsePath(text.trim()) }));
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => placeholdersOf(item, `${at}/${index}`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => placeholdersOf(item, `${at}/${pointerPart(name)}`));
}

/**
 * Fills a value's placeholders in. A text that is exactly one placeholder becomes the value itself; within a text,
 * values stand as text or as JSON. What there is not is null, within a text nothing.
 */
export function fillIn(template: JsonValue, roots: PathRoots): JsonValue {
  if (typeof template === 'string') return fillText(template, roots);
  if (Array.isArray(template)) return template.map((item) => fillIn(item, roots));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([name, item]) => [name, fillIn(item, roots)]));
}

function fillText(text: string, roots: PathRoots): JsonValue {
  if (!text.includes('{{')) return text;
  const whole = /^\{\{([^{}]{0,500})\}\}$/.exec(text);
  if (whole !== null) return look(whole[1] ?? '', roots) ?? null;
  return text.replaceAll(placeholder, (_, path: string) => {
    const value = look(path, roots);
    if (value === undefined || value === null) return '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}

function look(text: string, roots: PathRoots): JsonValue | undefined {
  const path = parsePath(text.trim());
  return path === undefined ? undefined : valueAt(path, roots);
}

/** A name as a part of a JSON Pointer. */
export function pointerPart(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

import type { JsonObject, JsonValue } from '@runctl/core';

/**
 * A JSON Merge Patch: keys replace, objects merge, null removes.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7396
 */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, isObject(value) ? mergePatch(objectOr(merged.get(key)), value) : value);
  }
  // Defines each key as its own, `__proto__` too, where an assignment would run a setter.
  return Object.fromEntries(merged);
}

function objectOr(value: JsonValue | undefined): JsonObject {
  return value !== undefined && isObject(value) ? value : {};
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

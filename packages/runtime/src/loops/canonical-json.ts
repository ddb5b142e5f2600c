import type { JsonValue } from '@runctl/core';

/** JSON with sorted keys: two values are equal exactly where their texts are. */
export function canonicalJson(value: JsonValue): string {
  return JSON.stringify(value, (_key, each: JsonValue) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

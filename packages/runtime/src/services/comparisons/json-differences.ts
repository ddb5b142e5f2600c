import type { JsonObject, JsonValue } from '@runctl/core';
import { canonicalJson } from '../../loops/canonical-json.ts';

/** One place where two JSON values differ. Null stands for what is not there. */
export interface JsonDifference {
  /** JSON Pointer. */
  pointer: string;
  base: JsonValue;
  other: JsonValue;
}

/** More places than this within one value say less than the value as a whole. */
const mostDifferences = 20;

/**
 * Where two values differ, as deep as possible; empty where they are equal. `pointer` is where they stand.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6901
 */
export function jsonDifferences(pointer: string, base: JsonValue, other: JsonValue): JsonDifference[] {
  const differences: JsonDifference[] = [];
  for (const difference of differencesWithin(pointer, base, other)) {
    if (differences.length === mostDifferences) return [{ pointer, base, other }];
    differences.push(difference);
  }
  return differences;
}

function* differencesWithin(pointer: string, base: JsonValue, other: JsonValue): Generator<JsonDifference> {
  if (canonicalJson(base) === canonicalJson(other)) return;
  if (!isContainer(base) || !isContainer(other) || Array.isArray(base) !== Array.isArray(other)) {
    yield { pointer, base, other };
    return;
  }
  const [baseMembers, otherMembers] = [membersOf(base), membersOf(other)];
  for (const key of new Set([...baseMembers.keys(), ...otherMembers.keys()])) {
    const [inBase, inOther] = [baseMembers.get(key), otherMembers.get(key)];
    const memberPointer = `${pointer}/${escapeToken(key)}`;
    if (inBase !== undefined && inOther !== undefined) yield* differencesWithin(memberPointer, inBase, inOther);
    else yield { pointer: memberPointer, base: inBase ?? null, other: inOther ?? null };
  }
}

function membersOf(container: JsonValue[] | JsonObject): Map<string, JsonValue> {
  return new Map(Object.entries(container));
}

function escapeToken(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function isContainer(value: JsonValue): value is JsonValue[] | JsonObject {
  return typeof value === 'object' && value !== null;
}

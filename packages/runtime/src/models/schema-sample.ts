import type { JsonObject, JsonSchema, JsonValue } from '@runctl/core';

/** Deepest sample; below it a schema that contains itself ends. */
const MOST_DEPTH = 8;

/** What a sample is filled with. */
export interface Filling {
  /** Where text is free. */
  text: string;
  /** Where a number has two bounds: how far from the lower one, 0 to 1. */
  share: number;
}

/**
 * The smallest value of a schema's shape: what a simulated model answers with when it is asked for structured output.
 * Patterns and references are not followed.
 */
export function sampleOf(schema: JsonSchema, filling: Filling, depth = 0): JsonValue {
  if (schema.const !== undefined) return schema.const as JsonValue;
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return schema.enum[0] as JsonValue;
  const [branch] = ([schema.anyOf, schema.oneOf].find((each) => Array.isArray(each)) as [JsonSchema] | undefined) ?? [];
  if (branch) return sampleOf(branch, filling, depth + 1);
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object':
      return objectSample(schema, filling, depth);
    case 'array':
      return arraySample(schema, filling, depth);
    case 'integer':
      return Math.ceil(numberSample(schema, filling));
    case 'number':
      return numberSample(schema, filling);
    case 'boolean':
      return false;
    case 'null':
      return null;
    case 'string':
      return textSample(schema, filling);
    default:
      return schema.properties === undefined ? filling.text : objectSample(schema, filling, depth);
  }
}

function objectSample({ properties }: JsonSchema, filling: Filling, depth: number): JsonObject {
  if (depth > MOST_DEPTH || typeof properties !== 'object' || properties === null) return {};
  const entries = Object.entries(properties as Record<string, JsonSchema>);
  return Object.fromEntries(entries.map(([key, schema]) => [key, sampleOf(schema, filling, depth + 1)]));
}

function arraySample({ items, minItems = 1 }: JsonSchema, filling: Filling, depth: number): JsonValue[] {
  if (depth > MOST_DEPTH || typeof items !== 'object' || items === null) return [];
  const length = Math.min(Number(minItems), 16);
  return Array.from({ length }, () => sampleOf(items as JsonSchema, filling, depth + 1));
}

function numberSample({ minimum, exclusiveMinimum, maximum }: JsonSchema, { share }: Filling): number {
  if (typeof minimum === 'number' && typeof maximum === 'number') return minimum + (maximum - minimum) * share;
  if (typeof minimum === 'number') return minimum;
  if (typeof exclusiveMinimum === 'number') return exclusiveMinimum + 1;
  return typeof maximum === 'number' ? Math.min(maximum, 0) : 0;
}

function textSample({ minLength = 0, maxLength = 10_000, format }: JsonSchema, { text }: Filling): string {
  if (format === 'date-time') return '1970-01-01T00:00:00.000Z';
  if (format === 'date') return '1970-01-01';
  return text.padEnd(Number(minLength), '.').slice(0, Number(maxLength));
}

import { RunctlConfigError } from '../errors/config-error.ts';
import type { JsonSchema } from '../json.ts';
import { isSchemaPair, isStandardSchema, type SchemaLike, type StandardSchema } from './schema-like.ts';

/**
 * The JSON Schema (draft 2020-12) of what goes *into* a schema: a model's answer comes before the schema's transforms and
 * defaults.
 *
 * @throws {RunctlConfigError} the schema cannot write itself as JSON Schema; the message says to pass the pair
 */
export function toJsonSchema(schema: SchemaLike): JsonSchema {
  if (isStandardSchema(schema)) return written(schema);
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    const got = schema === null ? 'null' : Array.isArray(schema) ? 'an array' : typeof schema;
    throw new RunctlConfigError(`\`schema\` must be a Standard Schema, a pair or JSON Schema, not ${got}.`);
  }
  return isSchemaPair(schema) ? schema.jsonSchema : schema;
}

function written(schema: StandardSchema): JsonSchema {
  let cause: unknown;
  for (const write of writersOf(schema)) {
    try {
      const jsonSchema = write();
      if (typeof jsonSchema === 'object' && jsonSchema !== null) return jsonSchema as JsonSchema;
    } catch (error) {
      cause ??= error;
    }
  }
  const why = cause instanceof Error ? ` (${cause.message.slice(0, 200)})` : '';
  throw new RunctlConfigError(
    `This ${schema['~standard'].vendor} schema cannot write itself as JSON Schema${why}: pass \`{ schema, jsonSchema }\`.`,
    { cause },
  );
}

/** Ways of asking, the standard one first: Standard JSON Schema, zod's method, arktype's method on its input side. */
function writersOf(schema: StandardSchema): (() => unknown)[] {
  const { jsonSchema } = schema['~standard'] as { jsonSchema?: { input?(options: object): unknown } };
  const own = schema as { toJSONSchema?(options: object): unknown; in?: { toJsonSchema?(): unknown } };
  const inner = own.in;
  const writers: (() => unknown)[] = [];
  if (typeof jsonSchema?.input === 'function') writers.push(() => jsonSchema.input?.({ target: 'draft-2020-12' }));
  if (typeof own.toJSONSchema === 'function') writers.push(() => own.toJSONSchema?.({ io: 'input' }));
  if (typeof inner?.toJsonSchema === 'function') writers.push(() => inner.toJsonSchema?.());
  return writers;
}

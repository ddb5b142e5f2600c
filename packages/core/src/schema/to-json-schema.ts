import { RunctlConfigError } from '../errors/config-error.ts';
import { recordOf } from '../errors/words.ts';
import type { JsonSchema } from '../json.ts';
import { kindOf } from '../kind-of.ts';
import { isSchemaPair, isStandardSchema, type SchemaLike } from './schema-like.ts';

/**
 * The JSON Schema (draft 2020-12) of what goes *into* a schema: a model's answer comes before the schema's transforms and
 * defaults.
 *
 * @throws {RunctlConfigError} the schema cannot write itself as JSON Schema; the message says to pass the pair
 */
export function toJsonSchema(schema: SchemaLike): JsonSchema {
  if (isStandardSchema(schema)) return written(schema);
  if (schema !== recordOf(schema) || Array.isArray(schema)) {
    const got = Array.isArray(schema) ? 'an array' : kindOf(schema);
    throw new RunctlConfigError(`\`schema\` must be a Standard Schema, a pair or JSON Schema, not ${got}.`);
  }
  return isSchemaPair(schema) ? schema.jsonSchema : schema;
}

/** What schemas can be asked: by Standard JSON Schema, of zod, and of arktype on its input side. */
interface SchemaWriter {
  '~standard': { vendor: string; jsonSchema?: { input?(options: object): unknown } };
  toJSONSchema?(options: object): unknown;
  in?: { toJsonSchema?(): unknown };
}

function written(schema: SchemaWriter): JsonSchema {
  const { vendor, jsonSchema: standard } = schema['~standard'];
  const writers = [
    () => standard?.input?.({ target: 'draft-2020-12' }),
    () => schema.toJSONSchema?.({ io: 'input' }),
    () => schema.in?.toJsonSchema?.(),
  ];
  let cause: unknown;
  for (const write of writers) {
    try {
      const jsonSchema = write();
      if (jsonSchema === recordOf(jsonSchema)) return jsonSchema as JsonSchema;
    } catch (error) {
      cause ??= error;
    }
  }
  const why = cause instanceof Error ? ` (${cause.message.slice(0, 200)})` : '';
  throw new RunctlConfigError(
    `This ${vendor} schema cannot write itself as JSON Schema${why}: pass \`{ schema, jsonSchema }\`.`,
    { cause },
  );
}

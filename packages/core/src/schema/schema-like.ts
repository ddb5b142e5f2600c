import type { JsonSchema, JsonValue } from '../json.ts';

/**
 * A schema of any library that keeps to Standard Schema: zod, valibot, arktype. Known by its shape; no schema library is
 * a dependency.
 *
 * @see https://standardschema.dev
 */
export interface StandardSchema<Output = unknown> {
  /** What the standard asks of a schema. */
  readonly '~standard': {
    /** The standard's version. */
    readonly version: 1;
    /** The library: `zod`, `valibot`, `arktype`. */
    readonly vendor: string;
    /** Gives `{ value }` or `{ issues }`, or a promise of it. */
    validate(value: unknown): unknown;
    /** For the compiler alone. */
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** A schema together with its JSON Schema, for libraries whose schemas cannot write it: zod 3, zod mini, valibot. */
export interface SchemaPair<Output = unknown> {
  /** Checks the result and types it. */
  schema: StandardSchema<Output>;
  /** What the model is asked to answer in. It describes what goes into `schema`, before any transform. */
  jsonSchema: JsonSchema;
}

/**
 * What a `schema` option takes: a schema that can write itself as JSON Schema (zod 4, arktype), a pair for those that
 * cannot, or JSON Schema as it is.
 */
export type SchemaLike<Output = unknown> = StandardSchema<Output> | SchemaPair<Output> | JsonSchema;

/** The type of a value that a schema has checked; for plain JSON Schema, any JSON. */
export type InferOutput<S> =
  S extends StandardSchema<infer Output>
    ? Output
    : S extends { schema: StandardSchema<infer Output> }
      ? Output
      : JsonValue;

/** The schema that can check, where there is one: plain JSON Schema is checked by the server alone. */
export function standardSchemaOf(schema: SchemaLike): StandardSchema | undefined {
  if (isStandardSchema(schema)) return schema;
  return isSchemaPair(schema) ? schema.schema : undefined;
}

/** Whether it is a schema and its JSON Schema side by side. */
export function isSchemaPair(schema: SchemaLike): schema is SchemaPair {
  return 'jsonSchema' in schema && isStandardSchema(schema.schema);
}

/** Whether it keeps to Standard Schema. Arktype's schemas are functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  const { '~standard': standard } = (value ?? {}) as { '~standard'?: { validate?: unknown } };
  return typeof standard?.validate === 'function';
}

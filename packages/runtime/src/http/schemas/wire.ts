import type { JsonValue } from '@runctl/core';
import type { output, ZodType } from 'zod';

/**
 * A type with each member spelled out, whether it is optional included, so that two types are the same where their
 * spellings are. Assignability alone would let a missing optional member pass.
 */
type Spelled<T> = unknown extends T
  ? 'unknown'
  : [JsonValue] extends [T]
    ? 'json'
    : T extends string
      ? string extends T
        ? string
        : T
      : T extends readonly (infer Item)[]
        ? { list: Spelled<Item> }
        : T extends object
          ? {
              [Name in keyof T]-?: object extends Pick<T, Name>
                ? { optional: Spelled<Exclude<T[Name], undefined>> }
                : Spelled<T[Name]>;
            }
          : T;

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** What the compiler shows where a schema is not its wire type. */
interface NotTheWireType<Expected, Got> {
  'the schema gives': Got;
  'the wire type is': Expected;
}

/**
 * Holds a schema to a wire type: a missing member, an extra one, another type, or a default that makes an optional
 * member required does not compile.
 *
 * @example
 * ```ts
 * const scaleAgentInput = wire<ScaleAgentInput>()(z.strictObject({ desiredReplicas: z.int(), strategy: ... }));
 * ```
 */
export function wire<Wire>() {
  return <Schema extends ZodType>(
    schema: Same<Spelled<output<Schema>>, Spelled<Wire>> extends true ? Schema : NotTheWireType<Wire, output<Schema>>,
  ): ZodType<Wire> => schema as unknown as ZodType<Wire>;
}

type OptionalNames<T> = { [Name in keyof T]-?: object extends Pick<T, Name> ? Name : never }[keyof T];

/** The same members, the same of them optional, and each value one that the wire type has. */
type FitsQuery<Got, Wire> = [Got] extends [Wire]
  ? Same<keyof Got, keyof Wire> extends true
    ? Same<OptionalNames<Got>, OptionalNames<Wire>>
    : false
  : false;

/** As {@link wire}, for a query: a schema may narrow a value, as from one or several to always several. */
export function wireQuery<Wire>() {
  return <Schema extends ZodType>(
    schema: FitsQuery<output<Schema>, Wire> extends true ? Schema : NotTheWireType<Wire, output<Schema>>,
  ): ZodType<Wire> => schema as unknown as ZodType<Wire>;
}

import type { JsonObject, JsonSchema } from '@runctl/core';

/** What the contract says of a route. */
export interface RouteContract {
  /** The first words of its doc block. */
  summary: string;
  result: JsonSchema;
  body?: JsonSchema;
  query?: JsonSchema;
}

/** What the contract says, by name and by route. */
export interface Contract {
  schemas: ReadonlyMap<string, JsonSchema>;
  routes: ReadonlyMap<string, RouteContract>;
}

/** Reads the contract. It is large and rarely asked for, so it is loaded when it is. */
export async function readContract(): Promise<Contract> {
  const { contractRoutes, contractSchemas } = await import('./contract-schemas.ts');
  return {
    schemas: new Map(linesOf<JsonSchema>(contractSchemas)),
    routes: new Map(linesOf<RouteContract>(contractRoutes)),
  };
}

function linesOf<Value>(text: string): [string, Value][] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const schemaPrefix = '#/components/schemas/';

/** A reference to a schema with a name. */
export function reference(name: string): { $ref: string } {
  return { $ref: `${schemaPrefix}${name}` };
}

/** The name that a schema refers to; undefined where it is no reference. */
export function referredName(schema: JsonSchema | undefined): string | undefined {
  return typeof schema?.$ref === 'string' ? schema.$ref.slice(schemaPrefix.length) : undefined;
}

/** A schema's member as a record of schemas, such as `properties`; empty where it has none. */
export function membersOf(schema: JsonSchema | undefined, member: string): Record<string, JsonSchema> {
  return isRecord(schema?.[member]) ? (schema[member] as Record<string, JsonSchema>) : {};
}

/** Whether a value is an object with members. */
export function isRecord(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

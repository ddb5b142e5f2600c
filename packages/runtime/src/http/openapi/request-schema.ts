import type { JsonSchema } from '@runctl/core';
import * as z from 'zod';
import { type Contract, isRecord, membersOf, referredName } from './contract.ts';

/** What a schema of a handler takes, as JSON Schema. `side`: `input` for JSON as it comes, `output` for a query once it is read. */
export function requestSchema(schema: z.ZodType, side: 'input' | 'output'): JsonSchema {
  const { $schema: _draft, ...json } = z.toJSONSchema(schema, {
    io: side,
    // Any JSON, where a check in code says the rest.
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // The format says it; the pattern is a page long.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
  return json as JsonSchema;
}

/** A handler's schema with the words that the contract has for its members: handlers say what fits, the contract why. */
export function withDescriptions(
  schema: JsonSchema,
  words: JsonSchema | undefined,
  contract: Pick<Contract, 'schemas'>,
): JsonSchema {
  const known = resolve(words, contract);
  if (known === undefined) return schema;
  const described = { ...schema };
  const description = words?.description ?? known.description;
  if (description !== undefined && schema.description === undefined) described.description = description;
  if (isRecord(schema.properties)) {
    const members = everyMember(known);
    described.properties = Object.fromEntries(
      Object.entries(membersOf(schema, 'properties')).map(([name, member]) => [
        name,
        withDescriptions(member, members.get(name), contract),
      ]),
    );
  }
  if (isRecord(schema.items)) {
    described.items = withDescriptions(schema.items, known.items as JsonSchema | undefined, contract);
  }
  return described;
}

function resolve(schema: JsonSchema | undefined, { schemas }: Pick<Contract, 'schemas'>): JsonSchema | undefined {
  const name = referredName(schema);
  return name === undefined ? schema : schemas.get(name);
}

/** The members of an object, and those of each branch where there are several. */
function everyMember(schema: JsonSchema): Map<string, JsonSchema> {
  const branches = Array.isArray(schema.anyOf) ? schema.anyOf.filter(isRecord) : [];
  return new Map([...branches, schema].flatMap((branch) => Object.entries(membersOf(branch, 'properties'))));
}

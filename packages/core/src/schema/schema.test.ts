import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import * as mini from 'zod/mini';
import { z as z3 } from 'zod/v3';
import { RunctlConfigError } from '../errors/config-error.ts';
import { RunctlSchemaError } from '../errors/schema-error.ts';
import type { JsonValue } from '../json.ts';
import { parseWith } from './parse-with.ts';
import type { InferOutput, SchemaLike, StandardSchema } from './schema-like.ts';
import { toJsonSchema } from './to-json-schema.ts';

const verdict = z.object({ score: z.string().transform(Number), note: z.string().default('none') });
const scoreSchema = { type: 'object', properties: { score: { type: 'number' } } };

/** Of the shape of arktype's: a function whose input side writes itself. */
function arktypeLike(): StandardSchema<string> {
  const standard = { version: 1, vendor: 'arktype', validate: (value: unknown) => ({ value }) } as const;
  return Object.assign(() => undefined, { '~standard': standard, in: { toJsonSchema: () => ({ type: 'string' }) } });
}

describe('toJsonSchema', () => {
  it('writes the input side of a zod 4 schema: what the model says, before transforms and defaults', () => {
    expect(toJsonSchema(verdict)).toMatchObject({
      type: 'object',
      properties: { score: { type: 'string' }, note: { type: 'string', default: 'none' } },
      required: ['score'],
    });
  });

  it('asks a schema of an older zod 4 by its own method', () => {
    const { validate, vendor, version } = verdict['~standard'];
    const older = { '~standard': { validate, vendor, version }, toJSONSchema: verdict.toJSONSchema };
    expect(toJsonSchema(older)).toMatchObject({ required: ['score'] });
  });

  it('asks an arktype schema, which is a function, for its input side', () => {
    expect(toJsonSchema(arktypeLike())).toEqual({ type: 'string' });
  });

  it('takes the JSON Schema of a pair, and plain JSON Schema as it is', () => {
    expect(toJsonSchema({ schema: z3.object({ score: z3.number() }), jsonSchema: scoreSchema })).toBe(scoreSchema);
    expect(toJsonSchema(scoreSchema)).toBe(scoreSchema);
    const withFieldsOfThatName = { schema: 'x', jsonSchema: {} };
    expect(toJsonSchema(withFieldsOfThatName)).toBe(withFieldsOfThatName);
  });

  it.each([
    ['zod 3', z3.object({ score: z3.number() }) as unknown as SchemaLike],
    ['zod mini', mini.object({ score: mini.number() })],
    ['zod 4 with a date, which JSON lacks', z.object({ at: z.date() })],
  ])('asks for the pair where a schema of %s cannot write itself', (_, schema) => {
    expect(() => toJsonSchema(schema)).toThrow(RunctlConfigError);
    expect(() => toJsonSchema(schema)).toThrow('`{ schema, jsonSchema }`');
  });

  it.each([null, [], 'string', true])('refuses %j', (value) => {
    expect(() => toJsonSchema(value as unknown as SchemaLike)).toThrow(RunctlConfigError);
  });
});

describe('parseWith', () => {
  it('returns what the schema makes of the value, typed', async () => {
    const parsed = await parseWith(verdict, { score: '7' });
    expectTypeOf(parsed).toEqualTypeOf<{ score: number; note: string }>();
    expect(parsed).toEqual({ score: 7, note: 'none' });
  });

  it('waits for a schema that checks asynchronously', async () => {
    const schema = z.string().refine(async (text) => text === 'good', 'not good');
    expect(await parseWith(schema, 'good')).toBe('good');
    await expect(parseWith(schema, 'bad')).rejects.toThrow('not good');
  });

  it('rejects with the issues, their paths and the value', async () => {
    const value = { scores: [1, 'two'], extra: true };
    const error = await parseWith(z.object({ scores: z.array(z.number()) }), value).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RunctlSchemaError);
    const { issues, message, value: kept } = error as RunctlSchemaError;
    expect(issues.map(({ path }) => path)).toEqual([['scores', 1]]);
    expect(message).toContain('at scores.1');
    expect(kept).toBe(value);
  });

  it('reads paths whose parts are objects, as the standard allows', async () => {
    const validate = () => ({ issues: [{ message: 'no', path: [{ key: 'a' }, 'b'] }, { message: 'nor this' }] });
    const schema: StandardSchema = { '~standard': { version: 1, vendor: 'valibot', validate } };
    const error = await parseWith(schema, 1).catch((caught: unknown) => caught);
    expect((error as RunctlSchemaError).issues.map(({ path }) => path)).toEqual([['a', 'b'], []]);
    expect((error as Error).message).toContain('at a.b: no (and 1 more)');
  });

  it('rejects with the same error where the schema itself throws', async () => {
    const schema = z.any().transform((value) => value.missing.field);
    await expect(parseWith(schema, {})).rejects.toBeInstanceOf(RunctlSchemaError);
  });

  it('checks with the schema of a pair, and lets plain JSON Schema pass', async () => {
    const pair = { schema: mini.object({ score: mini.number() }), jsonSchema: scoreSchema };
    expectTypeOf<InferOutput<typeof pair>>().toEqualTypeOf<{ score: number }>();
    expect(await parseWith(pair, { score: 1 })).toEqual({ score: 1 });
    await expect(parseWith(pair, {})).rejects.toBeInstanceOf(RunctlSchemaError);
    expectTypeOf<InferOutput<typeof scoreSchema>>().toEqualTypeOf<JsonValue>();
    expect(await parseWith(scoreSchema, 'anything')).toBe('anything');
  });
});

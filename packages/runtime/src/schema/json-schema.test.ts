import { describe, expect, it } from 'vitest';
import { findMisfits, schemaProblem } from './json-schema.ts';

describe('a schema that a tenant writes', () => {
  const nested = (depth: number): object => (depth === 0 ? {} : { not: nested(depth - 1) });

  it.each([
    ['a string', 'x', /expected a JSON Schema object/],
    ['a reference to elsewhere', { properties: { a: { $ref: 'https://x.test/s' } } }, /only "#\.\.\." is followed/],
    ['an id', { $id: 'https://x.test/s' }, /no address/],
    ['a broken pattern', { pattern: '(' }, /has the pattern "\("/],
    ['a broken property pattern', { patternProperties: { '[': {} } }, /has the pattern "\["/],
    ['a long pattern', { pattern: 'a'.repeat(513) }, /longer than 512/],
    ['depth', nested(40), /deeper than 32/],
    ['size', { description: 'x'.repeat(70_000) }, /longer than 65536/],
    ['a reference to nothing', { $ref: '#/$defs/missing' }, /could not be checked/],
    ['a reference to itself', { $ref: '#' }, /could not be checked/],
  ])('is refused for %s', (_what, schema, problem) => {
    expect(schemaProblem(schema)).toMatch(problem);
  });

  it('may refer to its own definitions, recursively too', () => {
    const schema = {
      $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
      $ref: '#/$defs/node',
    };
    expect(schemaProblem(schema)).toBeNull();
    expect(findMisfits({ next: { next: {} } }, schema)).toEqual([]);
    expect(findMisfits({ next: { next: 1 } }, schema)).toMatchObject([{ path: '/next/next' }]);
  });

  it('is not written into', () => {
    const schema = Object.freeze({ type: 'string' });
    expect(findMisfits('x', schema)).toEqual([]);
    expect(schema).toEqual({ type: 'string' });
  });
});

describe('a value', () => {
  const schema = {
    type: 'object',
    properties: { to: { type: 'string' }, count: { type: 'integer', minimum: 1 } },
    required: ['to'],
    additionalProperties: false,
  };

  it('is told where it does not fit', () => {
    expect(findMisfits({ to: 'x', count: 1 }, schema)).toEqual([]);
    expect(findMisfits({ count: 0 }, schema).map(({ path }) => path)).toEqual(['', '/count']);
    expect(findMisfits({ to: 1 }, schema)).toMatchObject([{ path: '/to', message: expect.stringContaining('string') }]);
  });

  it('that would make a pattern backtrack for ever is refused in time; after the second, the schema checks nothing more', () => {
    const slow = { type: 'string', pattern: '^(a+)+$' };
    const value = `${'a'.repeat(50)}b`;
    expect(findMisfits(value, slow)).toMatchObject([{ message: expect.stringContaining('takes too long') }]);
    expect(findMisfits('a', slow)).toEqual([]);
    expect(findMisfits(value, slow)).toHaveLength(1);
    expect(findMisfits('a', slow)).toMatchObject([{ message: expect.stringContaining('takes too long') }]);
  });
});

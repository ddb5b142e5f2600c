import { describe, expect, it } from 'vitest';
import { RunctlValidationError } from '../errors/api-error.ts';
import { bodyText } from './body.ts';
import { queryText } from './query.ts';
import { fillRoute } from './route.ts';

function refused(work: () => unknown): RunctlValidationError {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(RunctlValidationError);
    expect(error).toMatchObject({ status: 0, attempts: 0, code: 'request.invalid', retryable: false });
    return error as RunctlValidationError;
  }
  throw new TypeError('It was accepted.');
}

const fill = (agentId: unknown) => fillRoute('GET /agents/:agentId/logs', { agentId: agentId as string });

describe('ids in paths', () => {
  it('fills the template', () => {
    expect(fillRoute('GET /tasks/:taskId/steps/:step', { taskId: 'tsk_1', step: 3 })).toEqual({
      method: 'GET',
      path: '/tasks/tsk_1/steps/3',
    });
  });

  it.each(['', '.', '..', undefined, null, Number.NaN, 0, -1, 1.5, {}, [], Symbol('x'), { toString: () => 'agt_1' }])(
    'S23, S25: an id that is none is refused (%#)',
    (id) => {
      expect(refused(() => fill(id)).message).toContain('`agentId`');
    },
  );

  it.each(['../tenants', 'a/b', 'a\\b', 'a?x', 'a#b', '%2e%2e', '//evil', 'https://evil.example', 'a b', 'ü'])(
    'S24: %s stays one segment that decodes to the same text',
    (id) => {
      const { pathname } = new URL(`https://a.example/v1${fill(id).path}`);
      expect(pathname.split('/')).toHaveLength(5);
      expect(decodeURIComponent(pathname.split('/')[3] ?? '')).toBe(id);
    },
  );

  it('S26, S27: half a character, and more than 256 characters, are refused', () => {
    refused(() => fill('\ud800'));
    refused(() => fill('x'.repeat(5_000)));
    expect(fill('x'.repeat(256)).path).toContain('xxx');
  });
});

describe('queries', () => {
  it('S28: carries text, numbers, booleans, dates, lists and labels, and leaves out what is not set', () => {
    const from = new Date('2026-11-20T08:30:00Z');
    const query = {
      a: '',
      b: false,
      c: 0,
      d: undefined,
      e: null,
      from,
      status: ['queued', 'running'],
      label: { team: 'r d' },
    };
    expect(queryText(query)).toBe(
      '?a=&b=false&c=0&from=2026-11-20T08%3A30%3A00.000Z&status=queued&status=running&label%5Bteam%5D=r%20d',
    );
    expect(queryText({})).toBe('');
    expect(queryText()).toBe('');
  });

  it.each([
    new Date(Number.NaN),
    Number.NaN,
    Number.POSITIVE_INFINITY,
    { a: { b: 1 } },
    [[1]],
    1n,
    Symbol('x'),
    () => 1,
    '\udc00',
  ])('S26, S28: refuses what no query can carry, by name (%#)', (value) => {
    expect(refused(() => queryText({ since: value })).message).toContain('`since');
  });
});

describe('bodies', () => {
  it('S34: sends plain data as it is, keys named like members of Object included', () => {
    const body = JSON.parse('{"__proto__":{"a":1},"constructor":[1,null,"x",true],"b":{"c":1.5}}') as object;
    expect(bodyText(body)).toBe(JSON.stringify(body));
    expect(bodyText({ a: undefined, at: new Date(0) })).toBe('{"at":"1970-01-01T00:00:00.000Z"}');
    expect(bodyText(undefined)).toBeUndefined();
    expect(bodyText(Object.create(null))).toBe('{}');
  });

  class Money {
    amount = 1;
  }
  const circular: { list: unknown[] } = { list: [] };
  circular.list.push({ again: circular });

  it.each([
    ['a BigInt', { a: { b: 1n } }, '/a/b'],
    ['a circle', circular, '/list/0/again'],
    ['an invalid date', { at: new Date(Number.NaN) }, '/at'],
    ['NaN', { items: [1, Number.NaN] }, '/items/1'],
    ['Infinity', { a: Number.POSITIVE_INFINITY }, '/a'],
    ['a Map', { a: new Map() }, '/a'],
    ['a Set', { a: new Set() }, '/a'],
    ['an object of a class', { a: new Money() }, '/a'],
    ['a function', { 'a/b': () => 1 }, '/a~1b'],
    ['a symbol', { a: Symbol('x') }, '/a'],
    ['a hole in an array', { a: [1, undefined] }, '/a/1'],
    ['a function alone', () => 1, ''],
  ])('S29, S30, S31: refuses %s and says where', (_, body, path) => {
    expect(refused(() => bodyText(body)).details[0]?.path).toBe(path);
  });

  it('S32: a getter or a toJSON that throws is the cause', () => {
    const boom = new RangeError('boom');
    const raise = () => {
      throw boom;
    };
    const withGetter = Object.defineProperty({}, 'secret', { get: raise, enumerable: true });
    expect(refused(() => bodyText({ a: withGetter }))).toMatchObject({ cause: boom, details: [{ path: '/a/secret' }] });
    expect(refused(() => bodyText({ a: { toJSON: raise } }))).toMatchObject({ cause: boom, details: [{ path: '/a' }] });
  });

  it('S33: 20,000 levels are refused, 900 are sent', () => {
    const nested = (levels: number) => {
      let value: unknown = 1;
      for (let level = 0; level < levels; level += 1) value = { a: value };
      return value;
    };
    refused(() => bodyText(nested(20_000)));
    expect(bodyText(nested(900))).toContain('{"a":1}');
  });
});

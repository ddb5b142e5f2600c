import { describe, expect, it } from 'vitest';
import { toTimestamp } from './timestamp.ts';
import { wireQuery } from './wire-query.ts';

describe('a query on the wire', () => {
  it('has its instants as text, whatever they were, and all else as it was', () => {
    const from = Date.UTC(2026, 0, 1);
    const query = { from, to: '2026-02-01', fromDate: new Date(from), toDate: undefined, period: '7d', limit: 5 };
    expect(wireQuery(query)).toEqual({
      from: '2026-01-01T00:00:00.000Z',
      to: '2026-02-01T00:00:00.000Z',
      fromDate: '2026-01-01T00:00:00.000Z',
      toDate: undefined,
      period: '7d',
      limit: 5,
    });
  });

  it('leaves the caller their own query', () => {
    const query = Object.freeze({ from: new Date(0) });
    expect(wireQuery(query)).not.toBe(query);
    expect(query.from).toEqual(new Date(0));
  });
});

describe('an instant', () => {
  it.each([
    ['2026-11-20', '2026-11-20T00:00:00.000Z'],
    ['2026-11-20T10:00:00+02:00', '2026-11-20T08:00:00.000Z'],
    [0, '1970-01-01T00:00:00.000Z'],
  ])('%s is %s', (input, timestamp) => {
    expect(toTimestamp(input, 'from')).toBe(timestamp);
  });

  it.each([
    [new Date(Number.NaN), 'an invalid Date'],
    [Number.NaN, 'an invalid number'],
    [8.64e15 + 1, 'an invalid number'],
    ['11/20/2026', '"11/20/2026"'],
    ['2026-13-01', '"2026-13-01"'],
    ['', '""'],
  ])('%s is none, and the error names the parameter and what came', (input, got) => {
    expect(() => toTimestamp(input, 'scheduledFor')).toThrow(`\`scheduledFor\` must be`);
    expect(() => toTimestamp(input, 'scheduledFor')).toThrow(got);
  });
});

import { describe, expect, it } from 'vitest';
import { retryDelayMs } from './retry-policy.ts';

const now = new Date('2026-11-21T10:00:00Z');

function delay(change: Partial<Parameters<typeof retryDelayMs>[0]>, random = 1): number | null {
  return retryDelayMs({ attempt: 1, status: 503, retryAfter: undefined, ...change }, now, () => random);
}

describe('the delay before the next attempt', () => {
  it('doubles from half a second, with jitter over its upper half', () => {
    expect([1, 2, 3].map((attempt) => delay({ attempt }))).toEqual([500, 1_000, 2_000]);
    expect(delay({}, 0)).toBe(250);
  });

  it('ends after four attempts', () => {
    expect(delay({ attempt: 4 })).toBeNull();
  });

  it.each([undefined, 408, 409, 425, 429, 500, 502, 529])('is given after %s', (status) => {
    expect(delay({ status })).toBe(500);
  });

  it.each([400, 401, 403, 404, 422, 302])('is not given after %s', (status) => {
    expect(delay({ status })).toBeNull();
  });

  it.each([
    ['3', 3_000],
    ['0.5', 500],
    ['Sat, 21 Nov 2026 10:00:09 GMT', 9_000],
    ['Sat, 21 Nov 2026 09:00:00 GMT', 0],
    ['61', null],
    ['soon', 500],
    ['-1', 500],
  ])('obeys Retry-After: %s', (retryAfter, expected) => {
    expect(delay({ retryAfter })).toBe(expected);
  });
});

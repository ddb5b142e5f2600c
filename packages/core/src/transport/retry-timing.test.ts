import { describe, expect, it } from 'vitest';
import { backoffMs, retryAfterMs, spread } from './retry-timing.ts';

const after = (text: string, date?: string) =>
  retryAfterMs(new Headers({ 'retry-after': text, ...(date ? { date } : {}) }), Date.UTC(1994, 10, 6, 8, 49, 0));

describe('retryAfterMs', () => {
  it.each([
    ['0', 0],
    ['1', 1_000],
    [' 120 ', 120_000],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 37_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 37_000],
    ['Sun Nov  6 08:49:37 1994', 37_000],
    ['Sun, 06 Nov 1994 08:00:00 GMT', 0],
  ])('S65: reads %j', (text, ms) => {
    expect(after(text)).toBe(ms);
  });

  it.each(['-1', '0x10', '1.5', '1e3', 'soon', '', '1, 2', '2026-11-20T00:00:00Z', 'Sunday'])(
    'S66: ignores %j',
    (text) => {
      expect(after(text)).toBeUndefined();
    },
  );

  it('S67: stays a number, however long the digits are', () => {
    expect(after('9'.repeat(400))).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('S70: counts a date from the answer’s own clock', () => {
    expect(after('Fri, 06 Nov 2099 08:49:37 GMT', 'Fri, 06 Nov 2099 08:49:07 GMT')).toBe(30_000);
  });

  it('is undefined where the header is missing', () => {
    expect(retryAfterMs(new Headers())).toBeUndefined();
  });
});

describe('backoffMs', () => {
  it('S71: stays within its bounds at the ends of chance', () => {
    for (let attempt = 1; attempt < 40; attempt += 1) {
      expect(backoffMs(attempt, () => 0)).toBe(0);
      expect(backoffMs(attempt, () => 1 - Number.EPSILON)).toBeLessThanOrEqual(8_000);
    }
    expect(backoffMs(1, () => 0.5)).toBe(250);
    expect(backoffMs(3, () => 0.5)).toBe(1_000);
  });

  it('S68: spreads those who failed together', () => {
    const delays = Array.from({ length: 20 }, () => backoffMs(3));
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(200);
    expect(spread(1_000, () => 0)).toBe(1_000);
    expect(spread(1_000, () => 1)).toBe(1_100);
    expect(spread(60_000, () => 1)).toBe(61_000);
  });
});

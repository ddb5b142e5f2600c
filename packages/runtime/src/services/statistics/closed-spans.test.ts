import { describe, expect, it } from 'vitest';
import { ClosedSpans } from './closed-spans.ts';

const minute = 60_000;
const hour = 60 * minute;
const noon = Date.UTC(2026, 10, 21, 12);
const bytesOf = (bytes: number) => () => bytes;

/** Counts the looks that were needed. */
function counted(options: { now?: () => number; mostBytes?: number } = {}) {
  const spans = new ClosedSpans({ now: () => noon, ...options });
  let looks = 0;
  const look = (from: number, to: number, of = 'tnt_1', bytes = 100) =>
    spans.look([of], { from, to }, async () => ++looks, bytesOf(bytes));
  return { spans, look };
}

describe('a span of time', () => {
  it('is looked at once when it is closed, by however many at once, and apart for each of whom it is asked', async () => {
    const { look } = counted();
    const span = [noon - 2 * hour, noon - hour] as const;
    expect(await Promise.all([look(...span), look(...span)])).toEqual([1, 1]);
    expect(await look(...span)).toBe(1);
    expect(await look(...span, 'tnt_2')).toBe(2);
    expect(await look(noon - 3 * hour, noon - 2 * hour)).toBe(3);
  });

  it('is looked at each time while something may still end in it, and where it is cut', async () => {
    const { look } = counted();
    for (const [from, to] of [
      [noon - hour, noon],
      [noon - hour, noon - 4 * minute],
      [noon - 2 * hour + 1, noon - hour],
    ] as const) {
      expect(await look(from, to)).not.toBe(await look(from, to));
    }
  });

  it('is looked at anew after ten minutes, and after a look that failed', async () => {
    let now = noon;
    const { spans, look } = counted({ now: () => now });
    expect(await look(noon - 2 * hour, noon - hour)).toBe(1);
    now += 9 * minute;
    expect(await look(noon - 2 * hour, noon - hour)).toBe(1);
    now += 2 * minute;
    expect(await look(noon - 2 * hour, noon - hour)).toBe(2);
    const failing = async (): Promise<number> => {
      throw new TypeError('away');
    };
    const span = { from: noon - 9 * hour, to: noon - 8 * hour };
    await expect(spans.look(['tnt_1'], span, failing, bytesOf(1))).rejects.toThrow('away');
    expect(await look(span.from, span.to)).toBe(3);
  });

  it('gives way to those that were looked at later, when there is no room', async () => {
    const { spans, look } = counted({ mostBytes: 10_000 });
    for (let at = 2; at < 40; at += 1) {
      await look(noon - at * hour, noon - (at - 1) * hour, 'tnt_1', 1_000);
      await look(noon - 2 * hour, noon - hour, 'tnt_1', 1_000);
    }
    expect(spans.bytes).toBeLessThanOrEqual(10_000);
    expect(await look(noon - 2 * hour, noon - hour)).toBe(1);
    expect(await look(noon - 3 * hour, noon - 2 * hour)).toBeGreaterThan(38);
  });
});

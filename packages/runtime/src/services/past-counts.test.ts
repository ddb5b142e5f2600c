import { describe, expect, it } from 'vitest';
import { PastCounts } from './past-counts.ts';

const minute = 60_000;
const hour = 60 * minute;
const noon = Date.UTC(2026, 10, 21, 12);

/** Each count that is needed is one more than the one before. */
function counted(options: { now?: () => number; most?: number } = {}) {
  const counts = new PastCounts({ now: () => noon, ...options });
  let needed = 0;
  const look = (list = 'failed', end = counts.end) => counts.before(end, ['tnt_1', list], async () => ++needed);
  return { counts, look };
}

describe('the past of a list', () => {
  it('is counted once, by however many at once, and apart for each list', async () => {
    const { look } = counted();
    expect(await Promise.all([look(), look()])).toEqual([1, 1]);
    expect(await look('cancelled')).toBe(2);
    expect(await look()).toBe(1);
  });

  it('ends at a full hour that has been over for five minutes, and is counted anew where it has moved on', async () => {
    let now = noon + 4 * minute;
    const { counts, look } = counted({ now: () => now });
    expect([counts.end, await look()]).toEqual([noon - hour, 1]);
    now += minute;
    expect([counts.end, await look()]).toEqual([noon, 2]);
  });

  it('is counted anew after ten minutes, and after a count that failed', async () => {
    let now = noon + 5 * minute;
    const { counts, look } = counted({ now: () => now });
    await look();
    now += 9 * minute;
    expect(await look()).toBe(1);
    now += 2 * minute;
    expect(await look()).toBe(2);
    const failing = counts.before(counts.end, ['tnt_1', 'away'], async () => {
      throw new TypeError('away');
    });
    await expect(failing).rejects.toThrow('away');
    expect(await look('away')).toBe(3);
  });

  it('gives way to those that were looked at later, when there is no room', async () => {
    const { look } = counted({ most: 3 });
    for (const list of ['kept', 'one', 'kept', 'two', 'kept', 'three']) await look(list);
    expect(await look('kept')).toBe(1);
    expect(await look('one')).toBe(5);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askedPause, nextAttemptAt, pauseCeilingsMs, restMs, triedForMs } from './retry-schedule.ts';

const now = 1_800_000_000_000;
const attempt = { attempts: 1, now, giveUpAt: now + triedForMs, askedPauseMs: null, chance: 0.5 };

describe('the schedule of attempts', () => {
  it('draws each pause between a second and a ceiling that grows to four hours', () => {
    const ceilings = [1, 2, 3, 4, 5, 6, 7, 8, 9, 100].map((attempts) =>
      nextAttemptAt({ ...attempt, attempts, chance: 0.999_999_999 }),
    );
    const grown = [...pauseCeilingsMs, pauseCeilingsMs.at(-1) ?? 0, pauseCeilingsMs.at(-1) ?? 0];
    expect(ceilings).toEqual(grown.map((ceiling) => now + ceiling - 1));
    expect(nextAttemptAt({ ...attempt, attempts: 9, chance: 0 })).toBe(now + 1_000);
  });

  it('ends after a day, with an attempt at its very end', () => {
    const chances = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));
    fc.assert(
      fc.property(chances, (stream) => {
        let at = now;
        let attempts = 0;
        for (;;) {
          attempts += 1;
          const [chance = 0] = stream.take(1);
          const next = nextAttemptAt({ ...attempt, attempts, now: at, chance });
          if (next === null) break;
          expect(next).toBeGreaterThan(at);
          at = next;
        }
        expect(at).toBe(now + triedForMs);
        expect(attempts).toBeGreaterThan(8);
      }),
      { numRuns: 50 },
    );
  });

  it('waits at least as long as the receiver asks, an hour at most', () => {
    expect(askedPause('120', now)).toBe(120_000);
    expect(askedPause(new Date(now + 90_000).toUTCString(), now)).toBe(90_000);
    expect(askedPause('999999999', now)).toBe(3_600_000);
    expect(askedPause('-5', now)).toBe(0);
    expect(askedPause('soon', now)).toBeNull();
    expect(askedPause(undefined, now)).toBeNull();
    expect(nextAttemptAt({ ...attempt, askedPauseMs: 120_000, chance: 0 })).toBe(now + 121_000);
  });
});

describe('a receiver that fails again and again', () => {
  it('is left alone from the third failure on, ever longer, for five minutes at most', () => {
    expect([1, 2].map((failures) => restMs(failures, null, 0.9))).toEqual([0, 0]);
    expect([3, 4, 5].map((failures) => restMs(failures, null, 0))).toEqual([500, 1_000, 2_000]);
    expect(restMs(50, null, 0.999_999_999)).toBe(5 * 60_000 - 1);
  });

  it('is left alone at once for as long as it asks', () => {
    expect(restMs(1, 30_000, 0)).toBe(30_000);
  });
});

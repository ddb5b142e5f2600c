import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Durations } from './durations.ts';

describe('durations', () => {
  it('have exact percentiles, whatever the samples and their order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000)), fc.constantFrom(0.01, 0.5, 0.95, 0.99, 1), (samples, share) => {
        const sorted = [...samples].sort((a, b) => a - b);
        const expected = sorted[Math.max(Math.ceil(samples.length * share) - 1, 0)] ?? null;
        const durations = Durations.read(samples.join(','));
        expect(durations.percentile(share)).toBe(expected);
        expect(durations.percentile(share)).toBe(expected);
        expect(durations.count).toBe(samples.length);
      }),
    );
  });

  it('take a clock that went back for no time at all', () => {
    expect(Durations.read('5,-3,7').toLatency()).toEqual({ p50Ms: 5, p95Ms: 7, p99Ms: 7 });
    expect(Durations.read('-3').percentile(1)).toBe(0);
    expect(Durations.merge([Durations.read('1,2'), Durations.read(null)]).average()).toBe(2);
  });
});

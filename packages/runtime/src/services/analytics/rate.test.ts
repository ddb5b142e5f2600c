import { describe, expect, it } from 'vitest';
import { normalised } from './failure-clusters.ts';
import { rate } from './rate.ts';

describe('a rate', () => {
  it('says nothing below 20 samples', () => {
    expect(rate(19, 19)).toEqual({ value: null, n: 19, low: null, high: null });
    expect(rate(20, 20).value).toBe(1);
  });

  it('has the interval of Wilson, which stays between 0 and 1', () => {
    // Values of R: prop.test(n, correct = FALSE).
    expect(rate(81, 263)).toEqual({ value: 0.308, n: 263, low: 0.2553, high: 0.3662 });
    expect(rate(0, 20)).toEqual({ value: 0, n: 20, low: 0, high: 0.1611 });
    expect(rate(20, 20)).toEqual({ value: 1, n: 20, low: 0.8389, high: 1 });
  });
});

describe('a message', () => {
  it('is told apart by its words alone', () => {
    const one = normalised(
      'Tool "search" of tsk_01m7z1eyzp34vz1sdn09sp6z62 failed after 30.5 s:  https://a.test/x?y=1',
    );
    const two = normalised("tool 'find' of tsk_01m7z1eyzp34vz1sdn09sp6z99 failed after 7 s: http://b.test");
    expect(one).toBe(two);
    expect(normalised('refused')).not.toBe(normalised('reset'));
  });
});

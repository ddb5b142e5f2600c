import { describe, expect, it } from 'vitest';
import { runBounded, TimeExceeded } from './run-bounded.ts';

/** Holds the thread as a busy machine does: time passes, and the processor is not used. */
function waitForTheMachine(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('work within a bound', () => {
  it('gives its value, and its own errors', () => {
    expect(runBounded(() => 42, 50)).toBe(42);
    const broken = () => {
      throw new RangeError('mine');
    };
    expect(() => runBounded(broken, 50)).toThrow('mine');
  });

  it('is stopped where it takes more than its time of the processor', () => {
    let turns = 0;
    const endless = () => {
      for (;;) turns += 1;
    };
    expect(() => runBounded(endless, 50)).toThrow(TimeExceeded);
    expect(turns).toBeGreaterThan(0);
  });

  it('is done though it has to wait for the processor longer than it may use it', () => {
    let tries = 0;
    const starved = () => {
      tries += 1;
      waitForTheMachine(700);
      return 'done';
    };
    expect(runBounded(starved, 200)).toBe('done');
    expect(tries).toBeGreaterThan(1);
  });

  it('is given up where it never gets so far', () => {
    expect(() => runBounded(() => waitForTheMachine(60_000), 20)).toThrow(TimeExceeded);
  });
});

import { describe, expect, it } from 'vitest';
import { failsAtOnce } from './event-loop-turns.ts';

describe('work that is to fail at once', () => {
  it('gives its error, though it takes a few turns of the event loop', async () => {
    const work = new Promise((_, reject) => setImmediate(() => setImmediate(reject, 'enough')));
    expect(await failsAtOnce(work)).toBe('enough');
  });

  it('may wait for nothing', async () => {
    const work = new Promise((_, reject) => setTimeout(reject, 60_000, 'late').unref());
    await expect(failsAtOnce(work)).rejects.toThrow('Still under way');
  });

  it('may not end well', async () => {
    await expect(failsAtOnce(Promise.resolve(1))).rejects.toThrow('ended well');
  });
});

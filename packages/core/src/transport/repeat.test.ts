import { describe, expect, it } from 'vitest';
import { repeat } from './repeat.ts';
import { repeat as repeatWithKy } from './repeat-with-ky.ts';

const call = { url: 'http://localhost/v1/agents?limit=1', method: 'POST' };

/** Attempts that fail so many times, and what was asked between them. */
function failing(times: number, mayRetry: (error: Error) => boolean | Promise<boolean> = () => true) {
  const failures = Array.from({ length: times }, (_, index) => new RangeError(`failure ${index + 1}`));
  const asked: unknown[] = [];
  let attempts = 0;
  const attempt = async () => {
    attempts += 1;
    const failure = failures[attempts - 1];
    if (failure) throw failure;
    return { attempts };
  };
  const untilRetry = async (error: unknown) => {
    asked.push(error);
    return mayRetry(error as Error);
  };
  return { repetition: { ...call, attempt, untilRetry }, failures, asked };
}

describe.each([
  ['our own loop', repeat],
  ['the loop over ky', repeatWithKy],
])('%s', (_, loop) => {
  it('gives what the first attempt gives, and asks nothing', async () => {
    const { repetition, asked } = failing(0);
    await expect(loop(repetition)).resolves.toEqual({ attempts: 1 });
    expect(asked).toEqual([]);
  });

  it('makes attempts until one succeeds, and asks after each failure, with that failure', async () => {
    const { repetition, failures, asked } = failing(5);
    await expect(loop(repetition)).resolves.toEqual({ attempts: 6 });
    expect(asked).toEqual(failures);
  });

  it.each([1, 3])('ends with the very error after which none is to follow: failure %d', async (last) => {
    const { repetition, failures } = failing(5, ({ message }) => message !== `failure ${last}`);
    await expect(loop(repetition)).rejects.toBe(failures[last - 1]);
  });

  it('ends with another error where that is the answer to the question', async () => {
    const late = new TypeError('late');
    const { repetition } = failing(5, ({ message }) => (message === 'failure 2' ? Promise.reject(late) : true));
    await expect(loop(repetition)).rejects.toBe(late);
  });

  it('makes no attempt before it is due', async () => {
    const order: string[] = [];
    const due = async (error: Error) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push(error.message);
      return true;
    };
    const { repetition } = failing(2, due);
    const attempt = () => {
      order.push('attempt');
      return repetition.attempt();
    };
    await loop({ ...repetition, attempt });
    expect(order).toEqual(['attempt', 'failure 1', 'attempt', 'failure 2', 'attempt']);
  });

  it('gives an attempt’s value whatever it is, and is not led astray by a polluted Object.prototype', async () => {
    const pollution = { signal: AbortSignal.abort(), method: 'DELETE', body: 'evil', headers: { evil: '1' }, json: {} };
    for (const [name, value] of Object.entries(pollution)) {
      Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true });
    }
    try {
      const { repetition } = failing(2);
      await expect(loop({ ...repetition, attempt: () => repetition.attempt().then(() => undefined) })).resolves.toBe(
        undefined,
      );
    } finally {
      for (const name of Object.keys(pollution)) Reflect.deleteProperty(Object.prototype, name);
    }
  });
});

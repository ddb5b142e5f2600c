import { failsAtOnce } from '@runctl/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunctlAbortError } from '../errors/abort-error.ts';
import { RunctlAuthenticationError, RunctlNotFoundError, RunctlServerError } from '../errors/api-error.ts';
import { RunctlConfigError } from '../errors/config-error.ts';
import { RunctlFailedError, RunctlWaitTimeoutError } from '../errors/wait-error.ts';
import type { RequestOptions, WaitOptions } from '../options/request-options.ts';
import { waitFor } from './wait-for.ts';

interface Job {
  status: string;
  version: number;
}
interface Look {
  at: number;
  wait?: number;
  version?: number;
  options: RequestOptions;
}
type Answer = Job | Error | ((look: Look) => Job | Promise<Job>);

const job = (status: string, version = 1): Job => ({ status, version });
const unavailable = (retryAfter?: number) =>
  new RunctlServerError('Down.', { code: 'server.unavailable', status: 503, retryable: true, retryAfter });

/** Holds the answer as a server does; `elapse` is how long. */
const held =
  (answer: Job, elapse = 25_000) =>
  () =>
    new Promise<Job>((resolve) => setTimeout(resolve, elapse, answer));

/** A job whose looks find these answers, the last one for ever. */
function jobThat(...answers: Answer[]) {
  const looks: Look[] = [];
  const start = performance.now();
  const wait = (options?: WaitOptions<Job>, known?: Job) =>
    waitFor<Job>(
      {
        describe: 'job 1',
        isDone: ({ status }) => status === 'completed' || status === 'failed',
        isFailed: ({ status }) => status === 'failed',
        look: async (query, requestOptions) => {
          const look = { at: Math.round(performance.now() - start), ...query, options: requestOptions };
          looks.push(look);
          const answer = answers[Math.min(looks.length, answers.length) - 1] as Answer;
          if (answer instanceof Error) throw answer;
          return typeof answer === 'function' ? answer(look) : answer;
        },
        known,
      },
      options,
    );
  return { looks, wait };
}

/** Lets the wait run under fake time, and gives its end, error or not. */
async function settled<T>(work: Promise<T>): Promise<T | Error> {
  const end = work.catch((error: Error) => error);
  await vi.runAllTimersAsync();
  return end;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a wait that the server holds', () => {
  it('asks once at first, then lets the server hold each look until the version moves on', async () => {
    const { looks, wait } = jobThat(job('running', 3), held(job('running', 3)), held(job('completed', 4), 900));
    expect(await settled(wait())).toEqual(job('completed', 4));
    expect(looks.map(({ at, wait: hold, version }) => ({ at, hold, version }))).toEqual([
      { at: 0, hold: undefined, version: undefined },
      { at: 0, hold: 25, version: 3 },
      { at: 25_000, hold: 25, version: 3 },
    ]);
  });

  it('has no end but its own', async () => {
    const { looks, wait } = jobThat(job('running'), job('completed', 2));
    await settled(wait());
    expect(looks[1]?.options.totalTimeout).toBe(false);
  });

  it('needs no look where the end is known already', async () => {
    const { looks, wait } = jobThat(job('running'));
    expect(await settled(wait({}, job('completed', 5)))).toEqual(job('completed', 5));
    expect(await settled(wait({ throwOnFailure: true }, job('failed', 5)))).toBeInstanceOf(RunctlFailedError);
    expect(looks).toEqual([]);
  });

  it('needs one look where the state is known already', async () => {
    const { looks, wait } = jobThat(held(job('completed', 6), 500));
    expect(await settled(wait({}, job('queued', 5)))).toEqual(job('completed', 6));
    expect(looks).toMatchObject([{ wait: 25, version: 5 }]);
  });

  it('backs off where the server does not hold', async () => {
    const { looks, wait } = jobThat(...Array.from({ length: 5 }, () => job('running')), job('completed', 2));
    await settled(wait());
    expect(looks.map(({ at }) => at)).toEqual([0, 0, 1000, 2500, 4750, 8125]);
  });

  it('does not run hot over a version that moves on all the time', async () => {
    let version = 0;
    const { looks, wait } = jobThat(() => job('running', ++version));
    await settled(wait({ timeoutMs: 1000 }));
    expect(looks.length).toBeLessThan(25);
  });

  it('never asks the server to hold beyond the deadline', async () => {
    const { looks, wait } = jobThat(job('running'), held(job('running'), 60_000));
    await settled(wait({ timeoutMs: 3_500 }));
    expect(looks[1]?.wait).toBe(4);
  });
});

describe('a wait at intervals', () => {
  it('keeps a fixed interval', async () => {
    const { looks, wait } = jobThat(job('running'), job('running'), job('running'), job('completed'));
    await settled(wait({ pollIntervalMs: 2000 }));
    expect(looks.map(({ at, wait: hold }) => [at, hold])).toEqual([0, 2000, 4000, 6000].map((at) => [at, undefined]));
  });

  it('lengthens intervals up to the longest', async () => {
    const { looks, wait } = jobThat(...Array.from({ length: 4 }, () => job('running')), job('completed'));
    await settled(wait({ intervalMs: 1000, backoffFactor: 2, maxIntervalMs: 3000 }));
    expect(looks.map(({ at }) => at)).toEqual([0, 1000, 3000, 6000, 9000]);
  });

  it('raises an interval to 100 ms', async () => {
    const { looks, wait } = jobThat(job('running'), job('running'), job('completed'));
    await settled(wait({ pollIntervalMs: 0 }));
    expect(looks.map(({ at }) => at)).toEqual([0, 100, 200]);
  });

  it.each([
    { pollIntervalMs: -1 },
    { pollIntervalMs: Number.NaN },
    { intervalMs: Number.POSITIVE_INFINITY },
    { backoffFactor: 0.5 },
    { backoffFactor: Number.POSITIVE_INFINITY },
    { maxIntervalMs: Number.NaN },
    { timeoutMs: -1 },
    { timeoutMs: Number.NaN },
    { maxRetries: 1.5 },
    { maxRetries: -1 },
  ])('refuses %j before it looks', async (options) => {
    const { looks, wait } = jobThat(job('completed'));
    await expect(wait(options)).rejects.toThrow(RunctlConfigError);
    await expect(wait(options)).rejects.toThrow(Object.keys(options)[0] as string);
    expect(looks).toEqual([]);
  });
});

describe('how a wait ends', () => {
  it('resolves with failed work, or rejects with it where throwOnFailure is set', async () => {
    const { wait } = jobThat(job('failed'));
    expect(await settled(wait())).toEqual(job('failed'));
    const error = await settled(wait({ throwOnFailure: true }));
    expect(error).toBeInstanceOf(RunctlFailedError);
    expect(error).toMatchObject({ subject: job('failed') });
  });

  it('gives up at the deadline with what it saw last, even in the middle of a look', async () => {
    const { looks, wait } = jobThat(job('running', 3), held(job('running', 3), 60_000));
    const error = await settled(wait({ timeoutMs: 5000 }));
    expect(error).toBeInstanceOf(RunctlWaitTimeoutError);
    expect(error).toMatchObject({ last: job('running', 3), waitedMs: 5000, message: expect.stringContaining('job 1') });
    expect(looks[1]?.options.signal?.aborted).toBe(true);
  });

  it('leaves no timer behind that would keep the process alive', async () => {
    const { wait } = jobThat(job('completed'));
    await wait();
    expect(vi.getTimerCount()).toBe(0);
    await jobThat(unavailable())
      .wait({ maxRetries: 0 })
      .catch(() => undefined);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('goes on over a status that it does not know and a version that goes back', async () => {
    const { wait } = jobThat(job('running', 9), job('pondering', 2), job('queued', 1), job('completed', 10));
    expect(await settled(wait())).toEqual(job('completed', 10));
  });

  it('looks again after a failed look, and counts only failures in a row', async () => {
    const { looks, wait } = jobThat(unavailable(), job('running'), unavailable(), job('completed', 2));
    expect(await settled(wait({ maxRetries: 1 }))).toEqual(job('completed', 2));
    expect(looks).toHaveLength(4);
  });

  it('gives up with the last error after maxRetries further looks have failed', async () => {
    const { looks, wait } = jobThat(unavailable());
    expect(await settled(wait({ maxRetries: 2 }))).toBeInstanceOf(RunctlServerError);
    expect(looks).toHaveLength(3);
    expect(looks[0]?.options.retries).toBe(0);
  });

  it('waits as long as a failed look was told to, unless that is beyond the deadline', async () => {
    const patient = jobThat(unavailable(20), job('completed'));
    await settled(patient.wait());
    expect(patient.looks[1]?.at).toBe(20_000);
    const hasty = jobThat(unavailable(20), job('completed'));
    expect(await settled(hasty.wait({ timeoutMs: 10_000 }))).toMatchObject({ retryAfter: 20 });
    expect(hasty.looks).toHaveLength(1);
  });

  it.each([
    new RunctlNotFoundError('No such job.', { code: 'task.not_found', status: 404 }),
    new RunctlAuthenticationError('Who?', { code: 'auth.invalid', status: 401 }),
    new TypeError('a bug'),
  ])('ends at once with $name', async (error) => {
    const { looks, wait } = jobThat(job('running'), error);
    expect(await settled(wait())).toBe(error);
    expect(looks).toHaveLength(2);
  });
});

describe('callbacks of a wait', () => {
  it('are awaited: onPoll after every look, onUpdate after a look that found another version', async () => {
    const { wait } = jobThat(job('queued', 1), job('queued', 1), job('running', 2), job('completed', 3));
    const told: string[] = [];
    const tell = (name: string) => async (current: Job) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      told.push(`${name} ${current.version}`);
    };
    await settled(wait({ onPoll: tell('poll'), onUpdate: tell('update') }));
    expect(told).toEqual(['poll 1', 'update 1', 'poll 1', 'poll 2', 'update 2', 'poll 3', 'update 3']);
  });

  it.each(['onPoll', 'onUpdate'] as const)('end the wait where %s throws, at once or later', async (name) => {
    const error = new TypeError('mine');
    const { looks, wait } = jobThat(job('running'));
    const throwNow = () => {
      throw error;
    };
    const throwLater = () => new Promise<void>((_, reject) => setTimeout(reject, 10, error));
    expect(await settled(wait({ [name]: throwNow }))).toBe(error);
    expect(await settled(wait({ [name]: throwLater }))).toBe(error);
    expect(looks).toHaveLength(2);
  });
});

describe('an aborted wait', () => {
  beforeEach(() => void vi.useRealTimers());

  it.each<[string, Answer, WaitOptions<Job>]>([
    ['in a look that ignores its signal', () => new Promise<Job>(() => {}), {}],
    ['in a pause', job('running'), { pollIntervalMs: 60_000 }],
    ['in a callback that hangs', job('running'), { onPoll: () => new Promise<void>(() => {}) }],
    ['in a backoff', unavailable(30), {}],
  ])('rejects at once %s, with the reason as its cause', async (_, answer, options) => {
    const controller = new AbortController();
    const { looks, wait } = jobThat(answer);
    const end = wait({ ...options, signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 30));
    controller.abort('enough');
    const error = await failsAtOnce(end);
    expect(error).toBeInstanceOf(RunctlAbortError);
    expect((error as Error).cause).toBe('enough');
    expect(looks).toHaveLength(1);
  });

  it('does not look at all where the signal has aborted before', async () => {
    const { looks, wait } = jobThat(job('completed'));
    await expect(wait({ signal: AbortSignal.abort() })).rejects.toBeInstanceOf(RunctlAbortError);
    expect(looks).toEqual([]);
  });

  it('leaves no listener on the signal', async () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    await jobThat(job('running'), job('completed', 2)).wait({ signal });
    expect(added.mock.calls.length).toBeGreaterThan(0);
    expect(removed.mock.calls.length).toBeGreaterThanOrEqual(added.mock.calls.length);
  });
});

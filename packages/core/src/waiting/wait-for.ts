import { onAbort } from '../abort-listeners.ts';
import { isRetryableError } from '../errors/is-retryable-error.ts';
import { RunctlFailedError, RunctlWaitTimeoutError } from '../errors/wait-error.ts';
import { checkNumber, LONGEST_TIMER_MS } from '../options/number-option.ts';
import type { RequestOptions, WaitOptions } from '../options/request-options.ts';
import { abortedBy, sleep } from '../sleep.ts';
import { askedDelayMs, jitteredMs } from './backoff.ts';
import { interruptible } from './interruptible.ts';
import { Pace } from './pace.ts';

/** What a wait looks at: a task, a workflow, a deployment. */
export interface Wait<T> {
  /** For messages: `task tsk_01jd...`. */
  describe: string;
  /** One look. With `wait`, the server may hold it for so many seconds, until `version` moves on. */
  look: (query: { wait?: number; version?: number }, options: RequestOptions) => Promise<T>;
  /** Whether it has come to its end, good or bad. */
  isDone: (current: T) => boolean;
  /** Whether that end is a bad one, which `throwOnFailure` makes an error. */
  isFailed: (current: T) => boolean;
  /** The state that an answer has just shown, for instance that of a created task: saves the first look. */
  known?: T | undefined;
}

/** Longest that a server is asked to hold a look, seconds, and what its answer may take on top, milliseconds. */
const HOLD_SECONDS = 25;
const ANSWER_MS = 10_000;
/** Longest `Retry-After` that is waited for, milliseconds. */
const MAX_RETRY_AFTER_MS = 60_000;
const FAILED_LOOK = { floorMs: 100, baseMs: 500, capMs: 15_000 };

/**
 * Looks until it is done, and resolves with what the last look saw. Looks are held by the server, so the end is known as
 * soon as it comes; where an interval option is given, or the server does not hold, it looks at intervals. An interval
 * below 100 ms is raised to 100 ms. A look is one attempt unless `retries` says otherwise; failed looks are what
 * `maxRetries` counts.
 *
 * @throws {RunctlWaitTimeoutError} not done within `timeoutMs`; the work goes on, `last` is what was seen last
 * @throws {RunctlFailedError} it has failed, and `throwOnFailure` is set
 * @throws {RunctlNotFoundError} 404 - at once, as is any error that another look would not change
 * @throws {RunctlAbortError} the signal aborted; the work goes on
 * @throws {RunctlConfigError} an option is out of bounds
 */
export async function waitFor<T extends { version?: number }>(wait: Wait<T>, options: WaitOptions<T> = {}): Promise<T> {
  const watch = new Watch(wait, options);
  const { signal } = options;
  if (signal?.aborted) throw abortedBy(signal);
  const stopListening = onAbort(signal, () => watch.stop(abortedBy(signal)));
  return watch.untilDone().finally(stopListening);
}

/** One wait. Everything it awaits ends when `#stopping` aborts, whose reason is then the wait's error. */
class Watch<T extends { version?: number }> {
  readonly #wait: Wait<T>;
  readonly #options: WaitOptions<T>;
  readonly #pace: Pace;
  readonly #timeoutMs: number;
  readonly #maxRetries: number;
  readonly #startedAt = performance.now();
  readonly #stopping = new AbortController();
  #last: T | undefined;

  constructor(wait: Wait<T>, options: WaitOptions<T>) {
    this.#wait = wait;
    this.#options = options;
    this.#pace = new Pace(options as WaitOptions<never>);
    this.#timeoutMs = checkNumber('timeoutMs', options.timeoutMs ?? 300_000, { min: 1, max: LONGEST_TIMER_MS });
    this.#maxRetries = checkNumber('maxRetries', options.maxRetries ?? 5, { min: 0, max: 1_000_000, integer: true });
    this.#last = wait.known;
  }

  stop(reason: Error): void {
    this.#stopping.abort(reason);
  }

  async untilDone(): Promise<T> {
    const deadline = setTimeout(() => this.stop(this.#timeoutError()), this.#timeoutMs);
    try {
      for (;;) {
        const startedAt = performance.now();
        const current = await this.#look();
        const changed = this.#last === undefined || current.version !== this.#last.version;
        this.#last = current;
        await this.#tell(current, changed);
        if (this.#wait.isDone(current)) return this.#ended(current);
        const pauseMs = this.#pace.next({ changed, elapsedMs: performance.now() - startedAt });
        if (pauseMs > 0) await this.#sleep(pauseMs);
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Looks until a look succeeds, or has failed too often. */
  async #look(): Promise<T> {
    for (let failures = 0; ; failures += 1) {
      try {
        return await this.#interruptible(this.#wait.look(...this.#request()));
      } catch (error) {
        const askedMs = askedDelayMs(error);
        const isWorthWaiting = askedMs <= Math.min(MAX_RETRY_AFTER_MS, this.#remainingMs());
        const mayLookAgain = isRetryableError(error) && isWorthWaiting && failures < this.#maxRetries;
        if (this.#stopping.signal.aborted || !mayLookAgain) throw error;
        await this.#sleep(Math.max(askedMs, jitteredMs(failures, FAILED_LOOK)));
      }
    }
  }

  /** The first look is not held: it finds the version that the held ones wait to see change. */
  #request(): [query: { wait?: number; version?: number }, options: RequestOptions] {
    const { headers, retries = 0 } = this.#options;
    const options: RequestOptions = { signal: this.#stopping.signal, retries, ...(headers && { headers }) };
    if (!this.#pace.longPolls || this.#last === undefined) return [{}, options];
    const wait = Math.max(1, Math.min(HOLD_SECONDS, Math.ceil(this.#remainingMs() / 1000)));
    const { version } = this.#last;
    return [
      { wait, ...(version !== undefined && { version }) },
      { ...options, timeout: wait * 1000 + ANSWER_MS, totalTimeout: false },
    ];
  }

  async #tell(current: T, changed: boolean): Promise<void> {
    const { onPoll, onUpdate } = this.#options;
    if (onPoll) await this.#interruptible(onPoll(current));
    if (onUpdate && changed) await this.#interruptible(onUpdate(current));
  }

  #ended(current: T): T {
    if (!this.#options.throwOnFailure || !this.#wait.isFailed(current)) return current;
    throw new RunctlFailedError(`The ${this.#wait.describe} has failed.`, { code: 'wait.failed', subject: current });
  }

  #timeoutError(): RunctlWaitTimeoutError<T> {
    const waitedMs = Math.round(performance.now() - this.#startedAt);
    return new RunctlWaitTimeoutError<T>(`The ${this.#wait.describe} was not done after ${waitedMs} ms; it goes on.`, {
      last: this.#last,
      waitedMs,
    });
  }

  #remainingMs(): number {
    return this.#timeoutMs - (performance.now() - this.#startedAt);
  }

  #interruptible<V>(work: V | PromiseLike<V>): Promise<V> {
    return interruptible(work, this.#stopping.signal);
  }

  #sleep(ms: number): Promise<void> {
    return this.#interruptible(sleep(ms, this.#stopping.signal));
  }
}

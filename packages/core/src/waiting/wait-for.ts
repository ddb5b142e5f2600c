import { RunctlFailedError, RunctlWaitTimeoutError } from '../errors/wait-error.ts';
import { interruptedBy } from '../interruption.ts';
import type { RequestOptions, WaitOptions } from '../options/request-options.ts';
import { own } from '../own.ts';
import { pauseAfter } from '../transport/retry-timing.ts';
import { planWait } from './pace.ts';

/** Longest `Retry-After` that is waited for, milliseconds. */
const MAX_RETRY_AFTER_MS = 60_000;

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
  /** The state that an answer has just shown, for instance that of a created task: saves the first look, or all. */
  known?: T | undefined;
}

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
  const { pace, retries, totalMs } = planWait(options as WaitOptions<never>);
  let last = wait.known;
  if (last && wait.isDone(last)) return ended(wait, last, options);

  const timeout = () => {
    const waitedMs = Math.round(interruption.elapsed());
    const { status = 'not seen' } = (last ?? {}) as { status?: string };
    return new RunctlWaitTimeoutError(
      `The ${wait.describe} was not done after ${waitedMs} ms (${status}); it goes on.`,
      {
        last,
        waitedMs,
      },
    );
  };
  const interruption = interruptedBy(options.signal, timeout, totalMs);
  /** The first look is not held: it finds the version that the held ones wait to see change. */
  const look = (signal: AbortSignal) => {
    /** Longest that a server is asked to hold a look, seconds. */
    const HOLD_SECONDS = 25;
    const seconds = Math.max(1, Math.min(HOLD_SECONDS, Math.ceil(interruption.left() / 1000)));
    const query = pace.longPolls && last ? { wait: seconds, version: last.version } : {};
    return wait.look(
      own(query as object),
      own({ signal, headers: options.headers, retries: options.retries ?? 0, totalTimeout: false } as RequestOptions),
    );
  };

  try {
    for (let failures = 0; ; ) {
      const startedAt = interruption.elapsed();
      let current: T;
      try {
        current = await interruption.run(look);
        failures = 0;
      } catch (error) {
        await pauseAfter(interruption, error, failures, retries, Math.min(MAX_RETRY_AFTER_MS, interruption.left()));
        failures += 1;
        continue;
      }
      const changed = current.version !== last?.version || !last;
      last = current;
      const tell = async () => {
        await options.onPoll?.(current);
        if (changed) await options.onUpdate?.(current);
      };
      await interruption.run(tell);
      if (wait.isDone(current)) return ended(wait, current, options);
      const pauseMs = pace.next(changed, interruption.elapsed() - startedAt);
      if (pauseMs > 0) await interruption.run(undefined, pauseMs);
    }
  } finally {
    interruption.dispose();
  }
}

function ended<T>({ isFailed, describe }: Wait<T>, subject: T, { throwOnFailure }: WaitOptions<T>): T {
  if (throwOnFailure && isFailed(subject)) throw new RunctlFailedError(`The ${describe} has failed.`, { subject });
  return subject;
}

import type { RequestOptions, WaitOptions } from '../options/request-options.ts';
import { own } from '../own.ts';
import { planWait } from './pace.ts';

/** How the call is made that starts what is then waited for. */
export interface Start {
  /** For how many seconds the server may hold its answer: what is quick has ended by then, and no look is needed. */
  query: { wait?: number };
  /** Those of the wait that any call takes. An idempotency key belongs to this call; the looks that follow only read. */
  options: RequestOptions;
}

/**
 * The start of a wait. Its answer is not held where somebody wants to see what comes before the end, or where the wait
 * looks at intervals.
 *
 * @throws {RunctlConfigError} an option of the wait is out of bounds
 */
export function startOf<T>({ signal, retries, headers, idempotencyKey, ...wait }: WaitOptions<T>): Start {
  /** Longest that a server is asked to hold the answer, seconds: nobody knows the id of what was made before it. */
  const HOLD_SECONDS = 5;
  const { pace, totalMs } = planWait(wait as WaitOptions<never>);
  const seconds = Math.min(HOLD_SECONDS, Math.floor(totalMs / 2000));
  const isHeld = pace.longPolls && seconds && !wait.onPoll && !wait.onUpdate;
  return {
    query: isHeld ? { wait: seconds } : {},
    options: own({ signal, retries, headers, idempotencyKey }) as RequestOptions,
  };
}

/** Retries that a client has in hand before any call was answered, and at most. */
const RESERVE = 10;
const MOST = 50;

/** What a call adds when it begins: a server that is dead costs a tenth more requests, no more. */
export const PER_CALL = 0.1;
/** What it adds when it was answered with success. */
export const PER_SUCCESS = 1;
/** What a retry takes. */
export const PER_RETRY = -1;

/** Puts tokens in, as far as there is room, or takes them out; false where there are not enough. */
export type RetryBudget = (tokens: number) => boolean;

/**
 * A token bucket: a retry costs a token, each call adds a tenth of one, each answered call a whole one. So a server that
 * fails now and then is retried freely, and one that is down is not flooded by its own clients.
 *
 * @see https://sre.google/sre-book/handling-overload/ (per-client retry budget)
 */
export function retryBudget(): RetryBudget {
  let left = RESERVE;
  return (tokens) => {
    if (left + tokens < 0) return false;
    left = Math.min(MOST, left + tokens);
    return true;
  };
}

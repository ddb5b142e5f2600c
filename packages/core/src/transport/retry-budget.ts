/** Retries that a client has in hand before any call was answered, and at most. */
const RESERVE = 10;
const MOST = 50;

/** What a call adds when it begins: a server that is dead costs a tenth more requests, no more. */
export const PER_CALL = 0.1;
/** What it adds when it was answered with success. */
export const PER_SUCCESS = 1;

/**
 * A token bucket: a retry costs a token, each call adds a tenth of one, each answered call a whole one. So a server that
 * fails now and then is retried freely, and one that is down is not flooded by its own clients.
 *
 * @see https://sre.google/sre-book/handling-overload/ (per-client retry budget)
 */
export class RetryBudget {
  #tokens = RESERVE;

  /** Puts tokens in, as far as there is room. */
  add(tokens: number): void {
    this.#tokens = Math.min(MOST, this.#tokens + tokens);
  }

  /** Takes a token for a retry; false where none is left. */
  spend(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

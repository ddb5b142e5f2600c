/** Retries that may be made at once, after calls that went well. */
const MOST_TOKENS = 20;
/** What a call adds: in the long run one retry for five calls. */
const TOKENS_A_CALL = 0.2;
/** Addresses that are remembered; a tenant can name any number. */
const MOST_ADDRESSES = 1_000;

/**
 * How many retries a provider is asked for, over all calls together. Each call alone may be tried four times; without
 * a common budget a provider that is down would then get four times its load, when it can bear it least.
 */
export class ProviderRetryBudget {
  readonly #tokens = new Map<string, number>();

  /** Counts a call, its first attempt. */
  onCall(address: string): void {
    const tokens = Math.min((this.#tokens.get(address) ?? MOST_TOKENS) + TOKENS_A_CALL, MOST_TOKENS);
    // Put in again, the address is the last one to be forgotten.
    this.#tokens.delete(address);
    this.#tokens.set(address, tokens);
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > MOST_ADDRESSES && oldest !== undefined) this.#tokens.delete(oldest);
  }

  /** Takes one retry from the budget; false where it is spent. */
  take(address: string): boolean {
    const tokens = this.#tokens.get(address) ?? MOST_TOKENS;
    if (tokens < 1) return false;
    this.#tokens.set(address, tokens - 1);
    return true;
  }
}

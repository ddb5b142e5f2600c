import type { Principal } from './authentication.ts';
import type { SharedBuckets } from './shared-buckets.ts';
import { costUs, decide, type RateDecision, type RatePolicy, takeFrom } from './token-bucket.ts';

/** What rate limits need. */
export interface RateLimitParts {
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Where several processes serve one database. Absent: this one is alone, and its memory is exact. */
  shared?: SharedBuckets;
}

/** Requests without a good key from one address. */
const strangers: RatePolicy = { name: 'address', perMinute: 600 };
/** Invite codes tried from one address, and from all of them together. */
const redemptions: RatePolicy = { name: 'invites', perMinute: 20 };
const allRedemptions: RatePolicy = { name: 'all-invites', perMinute: 600 };

/** All keys of a tenant together may ask as often as so many of them: who makes more keys gets no more by that. */
const keysAtOnce = 10;

/** Of a shared bucket this part is taken at once, so that not every request asks the database. */
const blockShare = 20;
/** What is taken and not used by then is lost, milliseconds. */
const blockGoodForMs = 1_000;
/** Buckets remembered before those that are full are forgotten. */
const mostBuckets = 10_000;

interface Block {
  left: number;
  fullAtUs: number;
  takenAtMs: number;
}

/**
 * Token buckets: of a key and of a tenant over all processes, of an address in each.
 *
 * Processes that share buckets take blocks of a twentieth of the limit (of 20 and less: single requests). Together they
 * never let more through than the limit; a process that takes a block and does not use it within a second loses it, so
 * they may let through less, by one block a process and second.
 */
export class RateLimits {
  readonly #parts: RateLimitParts;
  readonly #buckets = new Map<string, number>();
  readonly #blocks = new Map<string, Block>();
  readonly #refills = new Map<string, Promise<{ fullAtUs: number; isTaken: boolean }>>();

  constructor(parts: RateLimitParts) {
    this.#parts = parts;
  }

  /** Counts a request of a key. Null: it has no limit. */
  ofKey({ apiKeyId, tenantId, requestsPerMinute }: Principal): Promise<RateDecision> | null {
    return requestsPerMinute === null ? null : this.#ofKeyAndTenant(apiKeyId, tenantId, requestsPerMinute);
  }

  async #ofKeyAndTenant(apiKeyId: string, tenantId: string, perMinute: number): Promise<RateDecision> {
    const ofKey = await this.#takeAnywhere(apiKeyId, { name: 'key', perMinute });
    if (!ofKey.isAllowed) return ofKey;
    const ofTenant = await this.#takeAnywhere(tenantId, { name: 'tenant', perMinute: perMinute * keysAtOnce });
    return ofTenant.isAllowed ? ofKey : ofTenant;
  }

  /** Counts a request that had no good key. Kept in memory alone: a flood must not become a flood of writes. */
  ofStranger(address: string): RateDecision {
    return this.#takeHere(`stranger ${address}`, strangers);
  }

  /** Counts a try of an invite code. */
  async ofRedemption(address: string): Promise<RateDecision> {
    const one = this.#takeHere(`invite ${address}`, redemptions);
    return one.isAllowed ? this.#takeAnywhere('invites', allRedemptions) : one;
  }

  #takeHere(id: string, policy: RatePolicy): RateDecision {
    const nowUs = this.#parts.now() * 1_000;
    const before = this.#buckets.get(id) ?? 0;
    const after = takeFrom(before, policy, nowUs);
    if (after !== undefined) this.#buckets.set(id, after);
    if (this.#buckets.size > mostBuckets) forgetFull(this.#buckets, nowUs);
    return decide(after ?? before, policy, nowUs, after !== undefined);
  }

  async #takeAnywhere(id: string, policy: RatePolicy): Promise<RateDecision> {
    const { shared, now } = this.#parts;
    if (shared === undefined) return this.#takeHere(id, policy);
    for (;;) {
      const nowMs = now();
      const block = this.#blocks.get(id);
      if (block !== undefined && block.left > 0 && Math.abs(nowMs - block.takenAtMs) < blockGoodForMs) {
        block.left -= 1;
        return decide(block.fullAtUs - block.left * costUs(policy), policy, nowMs * 1_000, true);
      }
      const taken = await this.#refill(shared, id, policy);
      if (!taken.isTaken) return decide(taken.fullAtUs, policy, nowMs * 1_000, false);
    }
  }

  /** Requests that come meanwhile share the one block that is on its way. */
  #refill(shared: SharedBuckets, id: string, policy: RatePolicy): Promise<{ fullAtUs: number; isTaken: boolean }> {
    const underway = this.#refills.get(id);
    if (underway !== undefined) return underway;
    const refill = this.#takeBlock(shared, id, policy).finally(() => this.#refills.delete(id));
    this.#refills.set(id, refill);
    return refill;
  }

  async #takeBlock(
    shared: SharedBuckets,
    id: string,
    policy: RatePolicy,
  ): Promise<{ fullAtUs: number; isTaken: boolean }> {
    const nowMs = this.#parts.now();
    const size = Math.max(Math.floor(policy.perMinute / blockShare), 1);
    for (const count of new Set([size, 1])) {
      const taken = await shared.take(id, policy, nowMs * 1_000, count);
      if (!taken.isTaken && count > 1) continue;
      if (this.#blocks.size > mostBuckets) this.#blocks.clear();
      if (taken.isTaken) this.#blocks.set(id, { left: count, fullAtUs: taken.fullAtUs, takenAtMs: nowMs });
      return taken;
    }
    throw new TypeError('A block of one is always asked for.');
  }
}

function forgetFull(buckets: Map<string, number>, nowUs: number): void {
  for (const [id, fullAtUs] of buckets) if (fullAtUs <= nowUs) buckets.delete(id);
}

import { type Lane, pick, type Turns } from './policy.ts';

/** Tenants that are remembered; who was given a slot longest ago is forgotten first, and goes first all the same. */
const mostTenants = 10_000;

/**
 * Picks by the policy, and remembers whose turn it was. Each process remembers its own picks alone: where several take
 * turns at claiming, each goes round.
 */
export class TakenTurns {
  readonly #mostTenants: number;
  /** Longest ago first. */
  readonly #turns = new Map<string, number>();
  #turn = 0;

  constructor(options: { mostTenants?: number } = {}) {
    this.#mostTenants = options.mostTenants ?? mostTenants;
  }

  /** When each tenant was last given a slot. */
  get turns(): Turns {
    return this.#turns;
  }

  /** As {@link pick}. */
  pick(lanes: readonly Lane[], freeSlots: number): string[] {
    const picked = pick(lanes, freeSlots, this.#turns);
    const taken = new Set(picked);
    for (const { tenantId, heads } of lanes) {
      // The first of a lane are taken first.
      if (taken.has(heads[0]?.taskId ?? '')) this.#took(tenantId);
    }
    return picked;
  }

  #took(tenantId: string): void {
    this.#turn += 1;
    this.#turns.delete(tenantId);
    this.#turns.set(tenantId, this.#turn);
    for (const oldest of this.#turns.keys()) {
      if (this.#turns.size <= this.#mostTenants) break;
      this.#turns.delete(oldest);
    }
  }
}

// Where the slots of agents should be, so that every process that runs tasks has its share of them. Pure.
//
// The share of a worker is in proportion to the tasks that it may run at once, and rarely a whole number. As even counts
// what is less than a whole slot away from it, so a single slot never moves between workers that have no other, and no
// move calls for another one back. Each worker takes what is its due by itself: who has just come, and who is ready at
// once. Nothing is ever pushed to a worker that may have stopped answering.

/** What a process is taken for that does not say how many tasks it may run at once. */
export const usualCapacity = 256;

/** A process that runs tasks. */
export interface SpreadWorker {
  readonly id: string;
  /** Tasks that it may run at once. 0: it takes nothing more. */
  readonly capacity: number;
}

/** How many slots of an agent a worker has. */
export interface HeldSlots {
  readonly agentId: string;
  readonly workerId: string;
  readonly slots: number;
}

/** A slot that goes from one worker to another. */
export interface SlotMove {
  readonly agentId: string;
  readonly from: string;
  readonly to: string;
}

/** Slots over workers: of one agent, or of all. */
export class SlotSpread {
  readonly #capacities: ReadonlyMap<string, number>;
  readonly #capacity: number;
  readonly #held = new Map<string, number>();
  #slots = 0;

  constructor(workers: readonly SpreadWorker[]) {
    this.#capacities = new Map(workers.map(({ id, capacity }) => [id, capacity]));
    this.#capacity = workers.reduce((sum, { capacity }) => sum + capacity, 0);
  }

  /** Adds slots; those of a worker that is not there count nowhere. */
  add(workerId: string, slots: number): void {
    if (!this.#capacities.has(workerId)) return;
    this.#held.set(workerId, this.held(workerId) + slots);
    this.#slots += slots;
  }

  /** Slots of a worker. */
  held(workerId: string): number {
    return this.#held.get(workerId) ?? 0;
  }

  /** Slots that a worker would have if they could be divided. `slots`: of how many. Default: of those that there are. */
  share(workerId: string, slots = this.#slots): number {
    return this.#capacity === 0 ? 0 : (slots * (this.#capacities.get(workerId) ?? 0)) / this.#capacity;
  }

  /** By how much a worker has more than its share; below 0: less. */
  excess(workerId: string): number {
    return this.held(workerId) - this.share(workerId);
  }

  /** Whether one of the two is a whole slot off its share, so that a move between them is called for. */
  isUneven(from: string, to: string): boolean {
    const [above, below] = [this.excess(from), -this.excess(to)];
    return above > 0 && below > 0 && (above >= 1 || below >= 1);
  }

  /** Whether a move leaves both less than a whole slot off their shares. */
  allows(from: string, to: string): boolean {
    return this.excess(from) - 1 > -1 && this.excess(to) + 1 < 1;
  }
}

/**
 * The moves after which each agent is spread evenly, and what all agents have together is too: many agents of one slot
 * each are not left to the worker that was there first. As few as that takes; from the same slots always the same, so
 * that workers which look at once do not get in each other's way.
 */
export function evenMoves(workers: readonly SpreadWorker[], held: readonly HeldSlots[]): SlotMove[] {
  const ids = workers.map(({ id }) => id).sort();
  const all = new SlotSpread(workers);
  const agents = new Map<string, SlotSpread>();
  for (const { agentId, workerId, slots } of held) {
    const spread = agents.get(agentId) ?? new SlotSpread(workers);
    agents.set(agentId, spread);
    spread.add(workerId, slots);
    all.add(workerId, slots);
  }
  const moves: SlotMove[] = [];
  /** Evens `spread` by moves of one agent, as far as they are `allowed`. */
  const even = (spread: SlotSpread, agentId: string, own: SlotSpread, allowed: SlotSpread['allows']) => {
    for (let pair = nextMove(ids, spread, allowed); pair !== undefined; pair = nextMove(ids, spread, allowed)) {
      for (const moved of [own, all]) {
        moved.add(pair.from, -1);
        moved.add(pair.to, 1);
      }
      moves.push({ agentId, ...pair });
    }
  };
  const inOrder = [...agents].sort(([one], [other]) => (one < other ? -1 : 1));
  for (const [agentId, own] of inOrder) even(own, agentId, own, () => true);
  for (const [agentId, own] of inOrder) {
    even(all, agentId, own, (from, to) => own.held(from) > 0 && own.allows(from, to));
  }
  return moves;
}

/** From the worker with the most beyond its share to the one that lacks the most; those that lack a whole slot go first. */
function nextMove(ids: readonly string[], spread: SlotSpread, allowed: SlotSpread['allows']) {
  let best: { from: string; to: string; gain: number } | undefined;
  for (const from of ids) {
    for (const to of ids) {
      const gain = spread.excess(from) - spread.excess(to);
      if (gain <= (best?.gain ?? 0) || !spread.isUneven(from, to) || !allowed(from, to)) continue;
      best = { from, to, gain };
    }
  }
  return best && { from: best.from, to: best.to };
}

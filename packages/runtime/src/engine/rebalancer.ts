import type { Query, Store } from '../store/store.ts';
import { evenMoves, type HeldSlots, type SpreadWorker, usualCapacity } from './slot-spread.ts';

//   waiting --the workers have been the same for a while--> looking --each agent is spread evenly--> at rest
//   at rest --news of an agent, a long time--> looking;   any --a worker comes or goes--> waiting
//
// Every worker looks, and takes over what is its own due alone, by a transaction an agent that holds the agent's row: so
// an operation that a user asks for goes before or after it, and is never refused for its sake. Where one is under way,
// nothing is taken over.

/** How often it is looked whether workers have come or gone, milliseconds. */
export const lookEveryMs = 2_000;
/** Looks that must have found the same workers: who goes again at once moves nothing. */
const steadyLooks = 3;
/** Looks after which the slots are read though nothing was told. */
const restLooks = 30;
/** Agents that are moved in one look, each in a transaction of its own. */
const agentsAtOnce = 50;

/** What a rebalancer needs. */
export interface RebalancerOptions {
  store: Pick<Store, 'query'>;
  /** This worker. */
  workerId: string;
  /** Takes over slots of an agent, one of each worker that is named. */
  takeOver: (agent: { id: string; tenantId: string }, from: readonly string[]) => Promise<void>;
}

interface HeldRow extends HeldSlots {
  readonly tenantId: string;
}

/** Gives this worker its share of the slots that others had before it was there. */
export class Rebalancer {
  readonly #options: RebalancerOptions;
  #known = '';
  #isLooking = false;
  #looks = 0;
  #isAtRest = false;

  constructor(options: RebalancerOptions) {
    this.#options = options;
  }

  /** There is news of an agent: its slots may be other ones. */
  note(): void {
    this.#isAtRest = false;
  }

  /** Takes over what is due now. To be called every {@link lookEveryMs}. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const workers = await readWorkers(this.#options.store.query);
      if (this.#isDue(workers)) await this.#takeShare(workers);
    } catch (error) {
      this.note();
      throw error;
    } finally {
      this.#isLooking = false;
    }
  }

  async #takeShare(workers: readonly SpreadWorker[]): Promise<void> {
    const { store, workerId, takeOver } = this.#options;
    this.#looks = 0;
    this.#isAtRest = true;
    const held = await readHeld(store.query);
    const tenants = new Map(held.map(({ agentId, tenantId }) => [agentId, tenantId]));
    const from = new Map<string, string[]>();
    for (const move of evenMoves(workers, held)) {
      if (move.to === workerId) from.set(move.agentId, [...(from.get(move.agentId) ?? []), move.from]);
    }
    if (from.size > agentsAtOnce) this.note();
    for (const [id, workerIds] of [...from].slice(0, agentsAtOnce)) {
      await takeOver({ id, tenantId: tenants.get(id) ?? '' }, workerIds);
    }
  }

  #isDue(workers: readonly SpreadWorker[]): boolean {
    const now = workers.map(({ id, capacity }) => `${id} ${capacity}`).join();
    this.#looks += 1;
    if (now !== this.#known) {
      this.#known = now;
      this.#looks = 0;
      this.#isAtRest = false;
    }
    return workers.length > 1 && this.#looks >= (this.#isAtRest ? restLooks : steadyLooks);
  }
}

/** Workers that take slots. */
async function readWorkers(query: Query): Promise<SpreadWorker[]> {
  const rows = await query.selectFrom('workers').select(['id', 'slots']).orderBy('id').execute();
  return rows.map(({ id, slots }) => ({ id, capacity: slots ?? usualCapacity })).filter(({ capacity }) => capacity > 0);
}

/** All slots that serve, counted. By instances_live. */
async function readHeld(query: Query): Promise<HeldRow[]> {
  return query
    .selectFrom('instances')
    .select(({ fn }) => [
      'agent_id as agentId',
      'tenant_id as tenantId',
      'worker_id as workerId',
      fn.countAll<number>().as('slots'),
    ])
    .where('finished_at', 'is', null)
    .where('status', 'in', ['starting', 'ready'])
    .groupBy(['agent_id', 'tenant_id', 'worker_id'])
    .execute();
}

import type { Lookout } from '../store/lookouts.ts';
import type { Store } from '../store/store.ts';
import { EventLoopLag } from './event-loop-lag.ts';
import type { InstanceBoard } from './instance-board.ts';
import { lookEveryMs, Rebalancer } from './rebalancer.ts';

// Moves on what a request could not finish in its own transaction. Each worker has a controller; whichever looks first
// moves an agent on, the others find nothing left to do, since a look holds the agent's row.
//
//   idle --an event of the agent, a drained slot, a look--> looking --nothing to do--> idle
//                                                             looking --more came meanwhile--> looking
//
// A stop that is past its drain has the tasks of the agent handed back: they are queued, and go on after the next start.

/** How often operations that are under way are looked at, milliseconds: a drain is over when its time is. */
const pollMs = 1_000;
/** How often a worker says that it lives, for all its slots, and looks what became of them, milliseconds. */
const heartbeatMs = 10_000;
/** How long slots that are stopped or lost are still listed, milliseconds. */
const rememberMs = 10 * 60_000;

/** What a controller is made of. */
export interface ControllerOptions {
  store: Store;
  board: InstanceBoard;
  self: { id: string; host: string };
  /** No other process shares the store. */
  isAlone: boolean;
  /** Moves an agent on, in a transaction of its own. `from`: workers of which this one takes slots over. */
  advance: (agent: { id: string; tenantId: string }, from?: readonly string[]) => Promise<void>;
  /** Gives the running tasks of an agent back to the queue. */
  handBack: (agentId: string) => void;
  now: () => number;
  onError: (error: unknown) => void;
}

interface FoundAgent {
  id: string;
  tenantId: string;
}

/** The control of all agents' slots by one worker. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #lag = new EventLoopLag();
  readonly #rebalancer: Rebalancer;
  readonly #looking = new Map<string, { again: boolean }>();
  readonly #pending = new Set<Promise<void>>();
  #operations: Lookout | undefined;
  #timers: NodeJS.Timeout[] = [];
  #stops: (() => void)[] = [];
  #isStopped = false;

  constructor(options: ControllerOptions) {
    this.#options = options;
    const { store, self, advance } = options;
    this.#rebalancer = new Rebalancer({ store, workerId: self.id, takeOver: advance });
  }

  /** Registers this worker, takes over what the process before it held, and begins to look. */
  async start(): Promise<void> {
    const { store, isAlone } = this.#options;
    if (isAlone) await this.#register();
    this.#stops = [
      store.onNewEvents((subjectId) => {
        if (!subjectId.startsWith('agt_')) return;
        this.look(subjectId);
        this.#rebalancer.note();
      }),
      store.onMissedNews(() => this.#track(this.#lookAtOwn())),
    ];
    await this.#advanceInNeed();
    await this.#options.board.refresh();
    const { onError } = this.#options;
    this.#operations = store.lookOut({ look: () => this.#lookAtOpen(), everyMs: pollMs, onError });
    this.#timers = [
      setInterval(() => this.#track(this.#options.board.between(() => this.#beat())), heartbeatMs).unref(),
      ...(isAlone ? [setInterval(() => this.#track(this.#advanceInNeed()), heartbeatMs).unref()] : this.#beside()),
    ];
  }

  /** Looks at an agent soon. */
  look(agentId: string): void {
    const looking = this.#looking.get(agentId);
    if (looking !== undefined) looking.again = true;
    else if (!this.#isStopped) this.#track(this.#lookUntilDone(agentId));
  }

  /** Gives this worker's slots up, so that others get them at once. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#operations?.stop();
    for (const stop of this.#stops) stop();
    this.#lag.stop();
    await Promise.all(this.#pending);
    await this.#options.board.close();
    const { store, self, isAlone, now } = this.#options;
    // Who is alone takes them up again when it comes back.
    if (isAlone) return;
    await store.write(async ({ query }) => {
      await query
        .updateTable('instances')
        .set({ status: 'stopped', finished_at: now(), current_task_id: null })
        .where('worker_id', '=', self.id)
        .where('finished_at', 'is', null)
        .execute();
    });
  }

  /** News of this worker's slots may have been missed. */
  async #lookAtOwn(): Promise<void> {
    const { board, store } = this.#options;
    await board.refresh();
    for (const agentId of board.moving) this.look(agentId);
    store.wake();
  }

  /** The looks of a worker that has others beside it. */
  #beside(): NodeJS.Timeout[] {
    return [
      setInterval(() => this.#track(this.#lookAtOwn()), heartbeatMs).unref(),
      setInterval(() => this.#track(this.#rebalancer.look()), lookEveryMs).unref(),
    ];
  }

  #track(work: Promise<void>): void {
    const tracked = work.catch(this.#options.onError).finally(() => this.#pending.delete(tracked));
    this.#pending.add(tracked);
  }

  async #lookUntilDone(agentId: string): Promise<void> {
    const looking = { again: true };
    this.#looking.set(agentId, looking);
    try {
      while (looking.again && !this.#isStopped) {
        looking.again = false;
        await this.#lookOnce(agentId);
      }
    } finally {
      this.#looking.delete(agentId);
    }
  }

  async #lookOnce(agentId: string): Promise<void> {
    const { board, advance, store } = this.#options;
    await board.refresh(agentId);
    const agent = await this.#unsettled(agentId);
    if (agent !== undefined) await advance(agent);
    store.wake();
  }

  /** The agent, where there is something to do: an operation, a slot on its way, or an impairment that came or went. */
  async #unsettled(agentId: string): Promise<FoundAgent | undefined> {
    const { query } = this.#options.store;
    const agent = await query
      .selectFrom('agents')
      .select(['id', 'tenant_id', 'status', 'generation'])
      .where('id', '=', agentId)
      .executeTakeFirst();
    if (agent === undefined) return undefined;
    const slots = await query
      .selectFrom('instances')
      .select(['status', 'provider_errors', 'generation'])
      .where('agent_id', '=', agentId)
      .where('finished_at', 'is', null)
      .execute();
    const open = await query
      .selectFrom('deployments')
      .select(['id', 'drain_until'])
      .where('agent_id', '=', agentId)
      .where('status', '=', 'in_progress')
      .executeTakeFirst();
    this.#endDrain(agentId, open?.drain_until ?? null);
    const isMoving = slots.some(({ status, generation }) => status !== 'ready' || generation !== agent.generation);
    const isImpaired = slots.some(({ provider_errors }) => provider_errors > 0) || agent.status === 'degraded';
    return open !== undefined || isMoving || isImpaired ? { id: agent.id, tenantId: agent.tenant_id } : undefined;
  }

  #endDrain(agentId: string, drainUntil: number | null): void {
    const { now, handBack } = this.#options;
    if (drainUntil !== null && drainUntil <= now()) handBack(agentId);
  }

  async #lookAtOpen(): Promise<number | undefined> {
    const { store, isAlone, now } = this.#options;
    const open = await store.query
      .selectFrom('deployments')
      .select('agent_id')
      .where('status', '=', 'in_progress')
      .execute();
    for (const { agent_id } of open) this.look(agent_id);
    if (!isAlone) await this.#advanceInNeed();
    return open.length > 0 ? now() : undefined;
  }

  /** Who is alone needs it at the start, and where an operator's command has brought a tenant back. */
  async #advanceInNeed(): Promise<void> {
    for (const agent of await this.#agentsInNeed()) await this.#options.advance(agent);
  }

  /** Agents in service that have fewer slots than they should, or slots of a worker that is gone or about to go. */
  async #agentsInNeed(): Promise<FoundAgent[]> {
    const { query } = this.#options.store;
    const rows = await query
      .selectFrom('agents')
      .select(['id', 'tenant_id as tenantId'])
      .where('status', 'in', ['deploying', 'running', 'degraded', 'stopping'])
      .where('deleted_at', 'is', null)
      .where(({ eb, or, exists, selectFrom, ref }) =>
        or([
          eb(
            'desired_replicas',
            '>',
            selectFrom('instances')
              .whereRef('instances.agent_id', '=', ref('agents.id'))
              .where('instances.finished_at', 'is', null)
              .where('instances.status', 'in', ['starting', 'ready'])
              .select(({ fn }) => fn.countAll<number>().as('count')),
          ),
          exists(
            selectFrom('instances')
              .whereRef('instances.agent_id', '=', ref('agents.id'))
              .where('instances.finished_at', 'is', null)
              .where((slot) =>
                slot(
                  'instances.worker_id',
                  'not in',
                  slot
                    .selectFrom('workers')
                    .select('workers.id')
                    // One that takes nothing more only ends what drains.
                    .where((worker) =>
                      worker.or([
                        worker('workers.slots', 'is', null),
                        worker('workers.slots', '>', 0),
                        worker('instances.status', '=', 'draining'),
                      ]),
                    ),
                ),
              )
              .select('instances.id'),
          ),
        ]),
      )
      .execute();
    return rows;
  }

  /** The embedded home has one worker, this one; whoever was before it is gone. */
  async #register(): Promise<void> {
    const { store, self, now } = this.#options;
    const at = now();
    await store.write(async ({ query }) => {
      await query.deleteFrom('workers').execute();
      await query
        .insertInto('workers')
        .values({ ...self, pid: process.pid, lock_key: 0, started_at: at, heartbeat_at: at, event_loop_lag_ms: null })
        .execute();
    });
  }

  async #beat(): Promise<void> {
    const { store, self, isAlone, now } = this.#options;
    const at = now();
    const lag = this.#lag.take();
    await store.write(async ({ query }) => {
      // On Postgres the store's own heartbeat sets the time, by the clock of the database.
      const worker = isAlone ? { event_loop_lag_ms: lag, heartbeat_at: at } : { event_loop_lag_ms: lag };
      await query.updateTable('workers').set(worker).where('id', '=', self.id).execute();
      await query
        .updateTable('instances')
        .set({ heartbeat_at: at })
        .where('worker_id', '=', self.id)
        .where('finished_at', 'is', null)
        .execute();
      await query
        .deleteFrom('instances')
        .where('finished_at', '<', at - rememberMs)
        .execute();
    });
  }
}

import type { LoopRegistry } from '../loops/loop.ts';
import type { ModelGateway } from '../models/model.ts';
import { noUsage } from '../new-task/no-usage.ts';
import type { Lookout } from '../store/lookouts.ts';
import type { TaskRow } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { isStoreOutage } from '../store-outage.ts';
import type { CodedError } from '../task-errors/task-error-codes.ts';
import type { ToolBox } from '../tools/tool.ts';
import { AgentVersions } from './agent-versions.ts';
import { RunAbandoned } from './durable-commit.ts';
import type { TaskObserver } from './instance-board.ts';
import type { LiveOutput } from './output-deltas.ts';
import type { Lane } from './policy.ts';
import { readRecordedAnswers } from './recorded-answers.ts';
import { resumePoint } from './state-at.ts';
import { TakenTurns } from './taken-turns.ts';
import { limitsOf, timeLeftMs } from './task-limits.ts';
import { type RunServices, type StopReason, TaskRun } from './task-run.ts';
import { RunningTenants } from './tenants.ts';

/** What an engine is made of. */
export interface EngineOptions {
  store: Store;
  models: ModelGateway;
  tools: ToolBox;
  loops: LoopRegistry;
  /** Names this worker in claims; unique among those that share a store. */
  workerId: string;
  /** Tasks at once, over all agents. Default 256. */
  slots?: number;
  /** Where readers follow what is being done. Default: nobody does. */
  live?: LiveOutput;
  /** Milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
  /** A fresh id, of a child task or of something that a person is asked. */
  newId: (prefix: 'tsk' | 'act', now: number) => string;
  /** Waits between tries to commit. Default: a timer. */
  sleep?: (ms: number) => Promise<void>;
  /** Told of every task that is taken up and let go of. Default: nobody is. */
  observers?: readonly TaskObserver[];
  /** What of the ready work this worker may take. Default: all of it. */
  within?: (lanes: readonly Lane[]) => readonly Lane[];
  /** Told of a failure that no task should cause: a bug, or a store that refuses. */
  onError: (error: unknown, context: { taskId?: string }) => void;
}

interface ActiveRun {
  tenantId: string;
  agentId: string | null;
  controller: AbortController;
  run: TaskRun | undefined;
  finished: Promise<void>;
}

/** Default of {@link EngineOptions.slots}. */
const defaultSlots = 256;
/** To give tasks back takes the store no longer than this, unless it is away, milliseconds. */
const handBackMs = 3_000;
/** How often it is looked whether a tenant has been held meanwhile, milliseconds. */
const tenantCheckMs = 1_000;

/**
 * Runs claimed tasks, at most `slots` at once. The store decides when to claim and the policy what; the engine offers
 * its free slots and gives each claim a run.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #services: RunServices;
  readonly #agents: AgentVersions;
  readonly #tenants: RunningTenants;
  readonly #active = new Map<string, ActiveRun>();
  #stops: (() => void)[] = [];
  #tenantLook: Lookout | undefined;

  constructor(options: EngineOptions) {
    const { store, models, tools, live } = options;
    const now = options.now ?? Date.now;
    this.#options = options;
    this.#services = {
      store,
      models,
      tools,
      live,
      now,
      newId: options.newId,
      sleep: options.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms))),
      onError: (error) => options.onError(error, {}),
      committed: (commit, tookMs) => {
        for (const observer of options.observers ?? []) observer.committed?.(commit, tookMs);
      },
    };
    this.#agents = new AgentVersions(store.query, tools, now);
    this.#tenants = new RunningTenants(store.query, now);
  }

  /** Starts claiming. */
  start(): void {
    const { store, workerId, slots = defaultSlots, within = (lanes) => lanes } = this.#options;
    const turns = new TakenTurns();
    this.#stops = [
      store.onTaskChange(({ taskId, status }) => {
        if (status === 'cancelled') this.#cancel(taskId);
      }),
      store.onMissedNews(() => void this.#findCancelled()),
    ];
    this.#tenantLook = store.lookOut({ look: () => this.#drainStopped(), everyMs: tenantCheckMs });
    store.startClaiming({
      owner: workerId,
      slots,
      freeSlots: () => slots - this.#active.size,
      holds: (taskId) => this.#active.has(taskId),
      pick: (lanes, freeSlots) => turns.pick(within(lanes), freeSlots),
      deliver: (tasks) => {
        for (const task of tasks) this.#begin(task);
      },
    });
  }

  /** Tasks that run now. */
  get running(): number {
    return this.#active.size;
  }

  /** Tasks that may run at once. */
  get slots(): number {
    return this.#options.slots ?? defaultSlots;
  }

  /**
   * Stops: takes nothing new, lets each task finish the step it is in for up to `graceMs`, then hands it back. A task
   * that is handed back goes on later from its last committed step. Where the store takes nothing back, the tasks are
   * left: whoever takes over finds them.
   */
  async stop(graceMs: number): Promise<void> {
    void this.#tenantLook?.stop();
    await this.#options.store.stopClaiming();
    for (const active of this.#active.values()) active.run?.drain();
    const timers: NodeJS.Timeout[] = [];
    const tooLong = new Promise<void>((resolve) => {
      timers.push(
        setTimeout(() => this.#abortAll(), graceMs),
        setTimeout(resolve, graceMs + handBackMs),
      );
    });
    await Promise.race([tooLong, Promise.all([...this.#active.values()].map(({ finished }) => finished))]);
    for (const timer of timers) clearTimeout(timer);
    for (const stop of this.#stops) stop();
  }

  /** Gives the running tasks of an agent back to the queue, the step they are in undone. */
  handBack(agentId: string): void {
    for (const active of this.#active.values()) {
      if (active.agentId === agentId) active.controller.abort('shutdown' satisfies StopReason);
    }
  }

  /** Tasks of a tenant that is held are handed back after the step they are in; none is claimed until it is let go. */
  async #drainStopped(): Promise<undefined> {
    const tenantIds = [...new Set([...this.#active.values()].map(({ tenantId }) => tenantId))];
    if (tenantIds.length === 0) return undefined;
    try {
      const stopped = await this.#tenants.stopped(tenantIds);
      for (const { tenantId, run } of this.#active.values()) if (stopped.has(tenantId)) run?.drain();
    } catch (error) {
      if (!isStoreOutage(error)) this.#options.onError(error, {});
    }
  }

  #cancel(taskId: string): void {
    this.#active.get(taskId)?.controller.abort('cancelled' satisfies StopReason);
  }

  /** What was cancelled elsewhere while no news of it came. By primary key. */
  async #findCancelled(): Promise<void> {
    const ids = [...this.#active.keys()];
    if (ids.length === 0) return;
    try {
      const tasks = this.#options.store.query.selectFrom('tasks').select('id').where('id', 'in', ids);
      for (const { id } of await tasks.where('status', '=', 'cancelled').execute()) this.#cancel(id);
    } catch (error) {
      if (!isStoreOutage(error)) this.#options.onError(error, {});
    }
  }

  #abortAll(): void {
    for (const { controller } of this.#active.values()) controller.abort('shutdown' satisfies StopReason);
  }

  #begin(task: TaskRow): void {
    const active: ActiveRun = {
      agentId: task.agent_id,
      tenantId: task.tenant_id,
      controller: new AbortController(),
      run: undefined,
      finished: Promise.resolve(),
    };
    // A worker that was taken for lost, or a tenant that was restored: whatever the older claim does is refused.
    this.#active.get(task.id)?.controller.abort('shutdown' satisfies StopReason);
    this.#active.set(task.id, active);
    const { observers = [] } = this.#options;
    for (const observer of observers) observer.took(task);
    active.finished = this.#run(task, active)
      .catch((error: unknown) => this.#fail(task, error))
      .finally(() => {
        if (this.#active.get(task.id) === active) this.#active.delete(task.id);
        for (const observer of observers) observer.left(task);
        this.#options.store.wake();
      });
  }

  async #run(task: TaskRow, active: ActiveRun): Promise<void> {
    const { store, loops } = this.#options;
    const [agent, tenant] = await Promise.all([this.#agents.get(task), this.#tenants.get(task.tenant_id)]);
    if (agent === undefined)
      throw new EngineError(`Task ${task.id} names a version of an agent or a team that does not exist.`);
    const loop = loops.loopFor(agent.config.type);
    const start = await resumePoint(store.query, loops, task, agent.config);
    const recorded = await readRecordedAnswers(store.query, task, start.nextStep);
    active.run = new TaskRun(this.#services, { task, agent, tenant, loop, recorded, start }, active.controller.signal);
    const timeoutMs = timeLeftMs(task, limitsOf(task, agent.config), this.#services.now());
    const timer = setTimeout(() => active.controller.abort('timeout' satisfies StopReason), timeoutMs);
    await active.run.run().finally(() => clearTimeout(timer));
  }

  /**
   * A bug must not leave its task running for ever. Where the store was away, the task is left as it is: nobody holds it
   * any more, so it is queued again once the store is back, here or by whoever takes over.
   */
  async #fail(task: TaskRow, error: unknown): Promise<void> {
    this.#options.onError(error, { taskId: task.id });
    if (error instanceof RunAbandoned || isStoreOutage(error)) return;
    const message = 'The runtime failed while it ran this task; its log has the details.';
    const failure: CodedError = { code: 'internal', message, step: null, retryable: true };
    await this.#options.store
      .commitStep({
        lease: { taskId: task.id, owner: task.owner ?? '', epoch: task.epoch },
        contents: [],
        usage: noUsage,
        simulated: task.simulated === 1,
        end: { status: 'failed', error: JSON.stringify(failure) },
        parentTaskId: task.parent_task_id,
        workflowId: task.workflow_id,
        now: this.#services.now(),
      })
      .catch((refused: unknown) => this.#options.onError(refused, { taskId: task.id }));
  }
}

/** The store holds something that cannot be. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
}

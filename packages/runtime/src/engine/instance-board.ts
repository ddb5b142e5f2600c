import type { TaskRow } from '../store/schema.ts';
import type { InstanceRow } from '../store/service-rows.ts';
import type { Query, StepCommit, Store, TaskChange } from '../store/store.ts';
import type { Lane } from './policy.ts';

/** Is told which tasks this worker takes up, and which it lets go of, ended or not. */
export interface TaskObserver {
  took(task: TaskRow): void;
  left(task: TaskRow): void;
  /** Is told of each commit of a task that it took, and how many milliseconds the store took for it. */
  committed?(commit: StepCommit, tookMs: number): void;
}

/** A slot of this worker, and what goes on in it. */
interface OwnSlot {
  readonly id: string;
  readonly agentId: string;
  status: string;
  taskId: string | undefined;
  completed: number;
  failed: number;
  providerErrors: number;
  /** Whether the row lags behind. */
  isChanged: boolean;
}

/** How often what happens in the slots is written down, milliseconds: rows are for readers, tasks do not wait for them. */
const writeEveryMs = 1_000;

/** What of a slot's row the board keeps up to date. */
export type SlotColumns = Pick<
  InstanceRow,
  'id' | 'current_task_id' | 'completed_tasks' | 'failed_tasks' | 'provider_errors'
>;

/** What a board needs. */
export interface InstanceBoardOptions {
  store: Pick<Store, 'query' | 'write' | 'onTaskChange'>;
  workerId: string;
  /** Writes rows of slots that are there. */
  writeSlots: (query: Query, rows: readonly SlotColumns[]) => Promise<void>;
  /** Tasks in a row that the provider made fail, from which on a slot counts as impaired. */
  mostProviderErrors: number;
  /** A slot came to be impaired, or is so no more. */
  onImpaired: (agentId: string) => void;
  /** A slot that drains has no task any more. */
  onDrained: (agentId: string) => void;
  onError: (error: unknown) => void;
}

/**
 * Which task is in which slot of this worker, in memory: taking a task up costs no write of its own. Once a second, and
 * only after something has happened, the rows are brought up to date.
 */
export class InstanceBoard implements TaskObserver {
  readonly #options: InstanceBoardOptions;
  readonly #slots = new Map<string, OwnSlot>();
  readonly #byAgent = new Map<string, OwnSlot[]>();
  readonly #slotOfTask = new Map<string, OwnSlot>();
  /** Taken up before their slot was known. */
  readonly #unplaced = new Map<string, string>();
  /** How tasks ended that their runs have not let go of yet. */
  readonly #ended = new Map<string, 'completed' | 'failed'>();
  readonly #failedTasks = new Map<string, OwnSlot>();
  readonly #stopListening: () => void;
  #timer: NodeJS.Timeout | undefined;
  #flushed: Promise<void> = Promise.resolve();

  constructor(options: InstanceBoardOptions) {
    this.#options = options;
    this.#stopListening = options.store.onTaskChange((change) => this.#changed(change));
  }

  /** The task in a slot of this worker. */
  taskIn(instanceId: string): string | undefined {
    return this.#slots.get(instanceId)?.taskId;
  }

  /** The slot that a task of this worker is in. */
  slotOf(taskId: string): string | undefined {
    return this.#slotOfTask.get(taskId)?.id;
  }

  /** Agents with slots of this worker that are on their way. */
  get moving(): ReadonlySet<string> {
    return new Set([...this.#slots.values()].filter(({ status }) => status !== 'ready').map(({ agentId }) => agentId));
  }

  /** What the row of a slot of this worker will say next. */
  latest(row: InstanceRow): InstanceRow {
    const slot = this.#slots.get(row.id);
    return slot === undefined ? row : { ...row, ...columnsOf(slot) };
  }

  /** Lanes with no more tasks than this worker has slots for. */
  within(lanes: readonly Lane[]): Lane[] {
    return lanes.map((lane) =>
      lane.agentId === null ? lane : { ...lane, heads: lane.heads.slice(0, this.#freeSlots(lane.agentId)) },
    );
  }

  took(task: TaskRow): void {
    const agentId = task.agent_id ?? '';
    const slot = this.#byAgent.get(agentId)?.find(({ status, taskId }) => status === 'ready' && taskId === undefined);
    if (slot === undefined) this.#unplaced.set(task.id, agentId);
    else this.#place(task.id, slot);
  }

  left({ id }: TaskRow): void {
    const slot = this.#slotOfTask.get(id);
    const ended = this.#ended.get(id);
    this.#unplaced.delete(id);
    this.#slotOfTask.delete(id);
    this.#ended.delete(id);
    if (slot === undefined) return;
    slot.taskId = undefined;
    if (ended === 'completed') {
      slot.completed += 1;
      this.#setProviderErrors(slot, 0);
    } else if (ended === 'failed') {
      slot.failed += 1;
      this.#failedTasks.set(id, slot);
    }
    this.#note(slot);
    if (slot.status === 'draining') this.#options.onDrained(slot.agentId);
  }

  /** Reads this worker's slots anew: of one agent, or all. By instances_live. */
  async refresh(agentId?: string): Promise<void> {
    const { store, workerId } = this.#options;
    const live = store.query
      .selectFrom('instances')
      .selectAll()
      .where('worker_id', '=', workerId)
      .where('finished_at', 'is', null);
    const rows = await (agentId === undefined ? live : live.where('agent_id', '=', agentId)).orderBy('id').execute();
    const gone = new Set([...this.#slots.values()].filter((slot) => agentId === undefined || slot.agentId === agentId));
    for (const row of rows) {
      const slot = this.#slots.get(row.id) ?? this.#add(row);
      slot.status = row.status;
      gone.delete(slot);
    }
    for (const slot of gone) this.#remove(slot);
    for (const [taskId, owner] of this.#unplaced) this.#placeLate(taskId, owner);
  }

  /** Writes down what has happened; at the end too. One after the other, so that the newest is written last. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.between(() => this.#write());
  }

  /** Does something to the rows of this worker's slots while the board does nothing to them: neither locks out the other. */
  between(work: () => Promise<void>): Promise<void> {
    const done = this.#flushed.then(work);
    this.#flushed = done.catch(() => undefined);
    return done;
  }

  async close(): Promise<void> {
    this.#stopListening();
    await this.flush();
  }

  async #write(): Promise<void> {
    await this.#readFailures();
    const changed = [...this.#slots.values()].filter(({ isChanged }) => isChanged);
    if (changed.length === 0) return;
    for (const slot of changed) slot.isChanged = false;
    try {
      const rows = changed.map((slot) => ({ id: slot.id, ...columnsOf(slot) }));
      const { store, writeSlots } = this.#options;
      await store.write(({ query }) => writeSlots(query, rows));
    } catch (error) {
      for (const slot of changed) slot.isChanged = true;
      throw error;
    }
  }

  #freeSlots(agentId: string): number {
    const slots = this.#byAgent.get(agentId) ?? [];
    const free = slots.filter(({ status, taskId }) => status === 'ready' && taskId === undefined).length;
    const waiting = [...this.#unplaced.values()].filter((owner) => owner === agentId).length;
    return Math.max(free - waiting, 0);
  }

  #changed({ taskId, status }: TaskChange): void {
    if (status !== 'completed' && status !== 'failed') return;
    if (this.#slotOfTask.has(taskId)) this.#ended.set(taskId, status);
  }

  #add(row: InstanceRow): OwnSlot {
    const slot: OwnSlot = {
      id: row.id,
      agentId: row.agent_id,
      status: row.status,
      taskId: undefined,
      completed: row.completed_tasks,
      failed: row.failed_tasks,
      providerErrors: row.provider_errors,
      isChanged: false,
    };
    this.#slots.set(slot.id, slot);
    this.#byAgent.set(slot.agentId, [...(this.#byAgent.get(slot.agentId) ?? []), slot]);
    return slot;
  }

  #remove(slot: OwnSlot): void {
    this.#slots.delete(slot.id);
    const rest = (this.#byAgent.get(slot.agentId) ?? []).filter((other) => other !== slot);
    if (rest.length > 0) this.#byAgent.set(slot.agentId, rest);
    else this.#byAgent.delete(slot.agentId);
    if (slot.taskId === undefined) return;
    this.#slotOfTask.delete(slot.taskId);
    this.#unplaced.set(slot.taskId, slot.agentId);
  }

  #placeLate(taskId: string, agentId: string): void {
    const free = this.#byAgent.get(agentId)?.filter((slot) => slot.taskId === undefined) ?? [];
    // A slot that drains and seemed idle is the likelier one: new tasks go to those that are ready.
    const slot = free.find(({ status }) => status === 'draining') ?? free[0];
    if (slot === undefined) return;
    this.#unplaced.delete(taskId);
    this.#place(taskId, slot);
  }

  #place(taskId: string, slot: OwnSlot): void {
    slot.taskId = taskId;
    this.#slotOfTask.set(taskId, slot);
    this.#note(slot);
  }

  #note(slot: OwnSlot): void {
    slot.isChanged = true;
    this.#timer ??= setTimeout(() => void this.flush().catch(this.#options.onError), writeEveryMs).unref();
  }

  /** Whether the failures were the provider's. By primary key. */
  async #readFailures(): Promise<void> {
    if (this.#failedTasks.size === 0) return;
    const failed = new Map(this.#failedTasks);
    this.#failedTasks.clear();
    const rows = await this.#options.store.query
      .selectFrom('tasks')
      .select(['id', 'error'])
      .where('id', 'in', [...failed.keys()].slice(-500))
      .execute();
    for (const { id, error } of rows) {
      const slot = failed.get(id);
      const code = error === null ? null : (JSON.parse(error) as { code: string }).code;
      if (slot !== undefined) this.#setProviderErrors(slot, code === 'provider_error' ? slot.providerErrors + 1 : 0);
    }
  }

  #setProviderErrors(slot: OwnSlot, errors: number): void {
    const { mostProviderErrors, onImpaired } = this.#options;
    const wasImpaired = slot.providerErrors >= mostProviderErrors;
    slot.providerErrors = errors;
    // Told after the row says so too.
    if (wasImpaired !== errors >= mostProviderErrors) {
      slot.isChanged = true;
      setTimeout(() => void this.flush().then(() => onImpaired(slot.agentId), this.#options.onError), 0);
    }
  }
}

function columnsOf(slot: OwnSlot) {
  return {
    current_task_id: slot.taskId ?? null,
    completed_tasks: slot.completed,
    failed_tasks: slot.failed,
    provider_errors: slot.providerErrors,
  };
}

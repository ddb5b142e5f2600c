import { Controller } from '../../engine/controller.ts';
import { InstanceBoard, type SlotColumns, type TaskObserver } from '../../engine/instance-board.ts';
import type { Lane } from '../../engine/policy.ts';
import { rowUpdater } from '../../store/in-list.ts';
import type { Store } from '../../store/store.ts';
import { TaskLog } from '../logs/task-log.ts';
import { TenantWriteScope } from '../tenant-scope.ts';
import { advanceAgent } from './advance-agent.ts';
import { mostProviderErrors } from './agent-status.ts';
import type { SlotHome } from './slot-home.ts';

/** What the control of agents by one process is made of. */
export interface AgentControlOptions {
  store: Store;
  /** Names this process, as it does in claims. */
  workerId: string;
  host: string;
  /** No other process shares the store. */
  isAlone: boolean;
  now: () => number;
  onError: (error: unknown) => void;
}

/** The part of an engine that control needs. */
interface ControlledEngine {
  handBack(agentId: string): void;
}

/** By primary key. */
const writeSlots = rowUpdater<SlotColumns>({
  table: 'instances',
  columns: ['current_task_id', 'completed_tasks', 'failed_tasks', 'provider_errors'],
});

/** One worker's slots, the controller that moves agents on, and the log of its tasks. */
export class AgentControl {
  readonly home: SlotHome;
  /** For the engine. */
  readonly observers: readonly TaskObserver[];
  readonly #board: InstanceBoard;
  readonly #log: TaskLog;
  readonly #controller: Controller;
  #engine: ControlledEngine | undefined;

  constructor(options: AgentControlOptions) {
    const { store, workerId, host, isAlone, now, onError } = options;
    const self = { id: workerId, host };
    const look = (agentId: string) => this.#controller.look(agentId);
    this.#board = new InstanceBoard({
      store,
      workerId,
      writeSlots,
      mostProviderErrors,
      onImpaired: look,
      onDrained: look,
      onError,
    });
    this.home = { self, isAlone, taskIn: (id) => this.#board.taskIn(id), latest: (row) => this.#board.latest(row) };
    this.#log = new TaskLog({ store, slotOf: (taskId) => this.#board.slotOf(taskId), now, onError });
    this.observers = [this.#board, this.#log];
    this.#controller = new Controller({
      store,
      board: this.#board,
      self,
      isAlone,
      advance: ({ id, tenantId }, from) =>
        store.ofTenant(tenantId).write(async (transaction) => {
          await advanceAgent(new TenantWriteScope(tenantId, transaction), id, this.home, now(), from);
        }),
      handBack: (agentId) => this.#engine?.handBack(agentId),
      now,
      onError,
    });
  }

  /** What of the ready work this worker has slots for. Who is alone has them all, and need not count. */
  get within(): ((lanes: readonly Lane[]) => readonly Lane[]) | undefined {
    return this.home.isAlone ? undefined : (lanes) => this.#board.within(lanes);
  }

  /** Before the engine claims, where the process is alone; else after it, so that the others know of this worker. */
  async start(engine: ControlledEngine): Promise<void> {
    this.#engine = engine;
    await this.#controller.start();
  }

  /** After the engine has stopped, before the store closes. */
  async stop(): Promise<void> {
    await this.#log.close().finally(() => this.#controller.stop());
  }
}

import type { Store } from '../../store/store.ts';
import { signalledWorkflow, signalWorkflows } from '../../store/workflow-signals.ts';
import { dueWorkflows, signalledAmong, signalledWorkflows } from '../../store/workflow-tables.ts';
import { moveOn } from './transition.ts';
import type { TransitionParts } from './transition-parts.ts';

//   idle --news of a signal, the poll--> moving on --nothing signalled, nothing due--> idle
//
// What is to be done stands in the database: signals, and times that are due. News only says that it is worth a look,
// so news that is lost, or a process that dies, costs the time until the next poll and nothing else.

/** How often times that are due are looked for, milliseconds. */
const dueMs = 250;
/** How often signals are looked for though no news came, and ends of tasks that left none, milliseconds. */
const sweepMs = 5_000;
/** Workflows that are moved on in one transaction. */
const mostAtOnce = 64;

/** What a controller is made of. */
export interface WorkflowControllerOptions extends TransitionParts {
  store: Store;
}

/** Moves workflows on. Every process that has one may: they take turns by the locks of the workflows' rows. */
export class WorkflowController {
  readonly #options: WorkflowControllerOptions;
  readonly #wanted = new Set<string>();
  /** Of those, the ones that time moves on: nothing was signalled to them. */
  readonly #wantedDue = new Set<string>();
  #moving: Promise<void> | undefined;
  #timers: NodeJS.Timeout[] = [];
  #stopListening: (() => void) | undefined;
  #isStopped = false;

  constructor(options: WorkflowControllerOptions) {
    this.#options = options;
  }

  /** Begins with what the process before left behind. */
  start(): void {
    this.#stopListening = this.#options.store.onNewEvents((subject) => {
      const workflowId = signalledWorkflow(subject);
      if (workflowId !== undefined) this.#want([workflowId]);
    });
    this.#timers = [
      setInterval(() => void this.#look(() => this.#due()), dueMs).unref(),
      setInterval(() => void this.#look(() => this.#swept()), sweepMs).unref(),
    ];
    void this.#look(() => this.#swept());
  }

  /** Resolves when what is under way is done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#stopListening?.();
    await this.#moving;
  }

  async #look(find: () => Promise<readonly string[]>): Promise<void> {
    try {
      this.#want(await find());
    } catch (error) {
      if (!this.#isStopped) this.#options.onError(error);
    }
  }

  #want(ids: readonly string[]): void {
    if (ids.length === 0 || this.#isStopped) return;
    for (const id of ids) this.#wanted.add(id);
    this.#moving ??= this.#moveAll().finally(() => {
      this.#moving = undefined;
    });
  }

  async #moveAll(): Promise<void> {
    // After this turn: what ended together is looked at together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#wanted.size > 0 && !this.#isStopped) {
      const ids = [...this.#wanted].slice(0, mostAtOnce);
      const due = new Set(ids.filter((id) => this.#wantedDue.delete(id)));
      for (const id of ids) this.#wanted.delete(id);
      try {
        await this.#move(ids, due);
      } catch (error) {
        // The signals are still there: the next sweep tries again.
        this.#options.onError(error);
      }
    }
  }

  /** Another process may have been quicker: only what has something to be done is locked. */
  async #move(ids: readonly string[], due: ReadonlySet<string>): Promise<void> {
    const { store } = this.#options;
    const signalled = new Set(await signalledAmong(store.query, ids));
    const open = ids.filter((id) => signalled.has(id) || due.has(id));
    if (open.length === 0) return;
    const committed = await store.write((transaction) =>
      moveOn(transaction, this.#options, { ids: open, skipLocked: true }),
    );
    committed();
  }

  async #due(): Promise<string[]> {
    const due = await dueWorkflows(this.#options.store.query, this.#options.now());
    for (const id of due) this.#wantedDue.add(id);
    return due;
  }

  /** Every workflow with a signal, after tasks that ended without one have left theirs. */
  async #swept(): Promise<string[]> {
    const { store } = this.#options;
    await store.write(async ({ query }) => {
      await signalWorkflows(query, undefined);
    });
    return [...(await signalledWorkflows(store.query)), ...(await this.#due())];
  }
}

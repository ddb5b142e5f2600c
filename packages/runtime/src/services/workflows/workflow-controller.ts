import type { Lookout } from '../../store/lookouts.ts';
import type { Store } from '../../store/store.ts';
import { signalledWorkflow, signalWorkflows } from '../../store/workflow-signals.ts';
import { dueWorkflows, nextDueWorkflow, signalledAmong, signalledWorkflows } from '../../store/workflow-tables.ts';
import { moveOn } from './transition.ts';
import type { TransitionParts } from './transition-parts.ts';

//   idle --news of a signal, a look--> moving on --nothing signalled, nothing due--> idle
//
// What is to be done stands in the database: signals, and times that are due. News only says that it is worth a look,
// so news that is lost, or a process that dies, costs the time until the next look and nothing else.

/** How often times that are due are looked for while there is work, milliseconds. */
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
  #dues: Lookout | undefined;
  #sweeps: Lookout | undefined;
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
    const { store, now, onError } = this.#options;
    this.#dues = store.lookOut({ look: () => this.#moveDue(), everyMs: dueMs, now, onError });
    this.#sweeps = store.lookOut({ look: () => this.#sweep(), everyMs: sweepMs, onError });
    this.#sweeps.wake();
  }

  /** Resolves when what is under way is done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopListening?.();
    await Promise.all([this.#dues?.stop(), this.#sweeps?.stop()]);
    await this.#moving;
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
        this.#options.onError(error);
        // The signals are still there.
        this.#sweeps?.lookAgain();
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

  /** What time moves on. */
  async #moveDue(): Promise<number | undefined> {
    const { store, now } = this.#options;
    const due = await dueWorkflows(store.query, now());
    for (const id of due) this.#wantedDue.add(id);
    this.#want(due);
    return nextDueWorkflow(store.query);
  }

  /** Every workflow with a signal, after tasks that ended without one have left theirs. */
  async #sweep(): Promise<undefined> {
    const { store } = this.#options;
    await store.write(async ({ query }) => {
      await signalWorkflows(query, undefined);
    });
    this.#want(await signalledWorkflows(store.query));
  }
}

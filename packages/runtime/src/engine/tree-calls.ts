import type { TaskRow } from '../store/schema.ts';
import type { Query, Store } from '../store/store.ts';
import { inTree, readTreeCost, rootOf } from './delegation.ts';

// What a call costs is known when it has ended. So a tree with a limit of cost lets its members call models at the same
// time only while the limit has room for all those calls, each as dear as the dearest that the tree has seen; else they
// take turns, and the first call of a tree goes alone. The limit is passed by one call at most, however many work at once.
//
//   asks --within the limit, or alone--> under way --the step is committed--> done
//        --no room beside the others--> waits, and asks again
//        --the limit is reached--> refused
//
// A call that is under way is a row. One whose task is no longer at work under that epoch is none.

/** Pauses between two looks, milliseconds: the first, and the longest. */
const firstPauseMs = 25;
const longestPauseMs = 500;

/** What a tree's calls need of the world. */
export interface TreeCallServices {
  store: Pick<Store, 'write'>;
  sleep: (ms: number) => Promise<void>;
}

/** The model calls of one task within its tree. */
export class TreeCalls {
  readonly #services: TreeCallServices;
  readonly #task: Pick<TaskRow, 'id' | 'tenant_id' | 'root_task_id' | 'epoch'>;
  readonly #limitMicroUsd: number;
  #isUnderWay = false;

  constructor(services: TreeCallServices, task: TaskRow, limitMicroUsd: number) {
    this.#services = services;
    this.#task = task;
    this.#limitMicroUsd = limitMicroUsd;
  }

  /** Resolves when a call may begin, or need not since the signal or the budget ends the task: the caller looks. */
  async begin(signal: AbortSignal): Promise<void> {
    for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      if (await this.#services.store.write(({ query }) => this.#ask(query))) return;
      await this.#services.sleep(pauseMs);
    }
  }

  /** The call has ended, and its step is committed or never will be. */
  async end(): Promise<void> {
    if (!this.#isUnderWay) return;
    this.#isUnderWay = false;
    await this.#services.store.write(({ query }) =>
      query.deleteFrom('tree_calls').where('task_id', '=', this.#task.id).execute(),
    );
  }

  /** Those of a tree ask one after the other: each has the row of its root. */
  async #ask(query: Query): Promise<boolean> {
    const rootId = rootOf(this.#task);
    await query
      .updateTable('tasks')
      .set(({ ref }) => ({ updated_at: ref('updated_at') }))
      .where('id', '=', rootId)
      .execute();
    const spentUsd = await readTreeCost(query, rootId);
    if (spentUsd === null || spentUsd * 1e6 >= this.#limitMicroUsd) return true;
    const others = await this.#othersUnderWay(query, rootId);
    if (others > 0) {
      const dearest = await readDearestCall(query, rootId);
      if (dearest === null || spentUsd * 1e6 + (others + 1) * dearest > this.#limitMicroUsd) return false;
    }
    await query.deleteFrom('tree_calls').where('task_id', '=', this.#task.id).execute();
    const { id: task_id, tenant_id, epoch } = this.#task;
    await query.insertInto('tree_calls').values({ task_id, tenant_id, root_task_id: rootId, epoch }).execute();
    this.#isUnderWay = true;
    return true;
  }

  async #othersUnderWay(query: Query, rootId: string): Promise<number> {
    const { count } = await query
      .selectFrom('tree_calls')
      .innerJoin('tasks', (join) =>
        join.onRef('tasks.id', '=', 'tree_calls.task_id').onRef('tasks.epoch', '=', 'tree_calls.epoch'),
      )
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('tree_calls.root_task_id', '=', rootId)
      .where('tree_calls.task_id', '!=', this.#task.id)
      .where('tasks.status', '=', 'running')
      .executeTakeFirstOrThrow();
    return Number(count);
  }
}

/** What the dearest model call of a tree has cost, millionths of a dollar; null where none has ended yet. */
async function readDearestCall(query: Query, rootId: string): Promise<number | null> {
  const row = await query
    .selectFrom('steps')
    .select(({ fn }) => fn.max<number | string | null>('cost_microusd').as('dearest'))
    .where('input_tokens', 'is not', null)
    .where('task_id', 'in', inTree(query, rootId).select('id'))
    .executeTakeFirst();
  const dearest = row?.dearest ?? null;
  return dearest === null ? null : Number(dearest);
}

import { setTimeout as pause } from 'node:timers/promises';
import { newTaskRow } from '../../packages/runtime/dist/services/task-row.js';

/** Tasks in one write, and tasks that are written and have not ended, at most. */
const batch = 100;
const underWay = 600;
const body = { payload: { message: 'hello' } };

/** Writes tasks of an agent into a store, and hears of their ends. */
export class TaskWriter {
  failed = 0;
  #store;
  #whose;
  #open = new Set();
  #onEnd = () => {};

  constructor(store, whose) {
    this.#store = store;
    this.#whose = whose;
    store.onTaskChange(({ taskId, status }) => {
      if ((status !== 'completed' && status !== 'failed') || !this.#open.delete(taskId)) return;
      if (status === 'failed') this.failed += 1;
      this.#onEnd();
    });
  }

  async untilInService() {
    const agent = this.#store.query.selectFrom('agents').select('status').where('id', '=', this.#whose.agentId);
    while ((await agent.executeTakeFirst())?.status !== 'running') await pause(50);
  }

  /** As fast as they end. */
  async flood(tasks) {
    let written = 0;
    while (written < tasks || this.#open.size > 0) {
      const next = Math.min(batch, tasks - written);
      if (next > 0 && this.#open.size + next <= underWay) {
        written += next;
        await this.#write(next);
      } else await this.#anEnd();
    }
  }

  /** One at a time; gives how many milliseconds each waited for its start. */
  async drip(tasks, everyMs) {
    const ids = [];
    for (let at = 0; at < tasks; at += 1) {
      ids.push(...(await this.#write(1)));
      await pause(everyMs);
    }
    while (this.#open.size > 0) await this.#anEnd();
    const { query } = this.#store;
    const rows = await query.selectFrom('tasks').select(['created_at', 'started_at']).where('id', 'in', ids).execute();
    return rows.map((row) => row.started_at - row.created_at);
  }

  #anEnd() {
    return new Promise((resolve) => {
      this.#onEnd = resolve;
    });
  }

  async #write(count) {
    const { agentId, tenantId } = this.#whose;
    const rows = Array.from({ length: count }, () => ({
      ...newTaskRow({ agentId, input: body }, agentId, null, Date.now()),
      tenant_id: tenantId,
    }));
    for (const { id } of rows) this.#open.add(id);
    await this.#store.write(async ({ insertTasks, wake }) => {
      await insertTasks(rows);
      wake();
    });
    return rows.map(({ id }) => id);
  }
}

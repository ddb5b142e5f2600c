import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TaskRow } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { type StoreHome, stopHomes, storeHomes } from '../store/store-homes.test-rig.ts';
import { taskRow } from '../store/task-row.test-rig.ts';
import { TreeCalls } from './tree-calls.ts';

afterAll(stopHomes);

describe.each(storeHomes)('model calls of one tree on $name', ({ create }) => {
  let home: StoreHome;
  let stores: Store[];
  beforeEach(async () => {
    home = await create();
    const first = await home.open();
    stores = home.name === 'sqlite' ? [first, first] : [first, await home.open()];
  });
  afterEach(async () => {
    for (const store of new Set(stores)) await store.close();
    await home.remove();
  });

  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const store = () => stores[0] as Store;
  const running = (id: string, change: Partial<TaskRow> = {}) =>
    taskRow(id, { status: 'running', root_task_id: 'tsk_root', epoch: 1, ...change });
  /** A root and six members at work, of which some calls have cost a dollar each. */
  async function tree(calls: number): Promise<TaskRow[]> {
    const members = [1, 2, 3, 4, 5, 6].map((number) => running(`tsk_${number}`));
    await store().write(async ({ insertTasks, query }) => {
      await insertTasks([taskRow('tsk_root', { status: 'waiting', cost_microusd: calls * 1_000_000 }), ...members]);
      for (let step = 1; step <= calls; step += 1) {
        await query
          .insertInto('steps')
          .values({
            ...{ task_id: 'tsk_root', step, tenant_id: 'tnt_1', kind: 'model', name: 'm', status: 'completed' },
            ...{ entry: '{}', input: '{}', output: 'null', error: null, model: null, tool: null, child_task_id: null },
            ...{ input_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0, output_tokens: 1, reasoning_tokens: 0 },
            ...{ cost_microusd: 1_000_000, started_at: 1, finished_at: 1 },
          })
          .execute();
      }
    });
    return members;
  }
  /** Lets all ask at once, in two processes by turns; so many may begin, and no more. */
  async function begin(members: readonly TaskRow[], limitUsd: number, expected: number) {
    const giveUp = new AbortController();
    const begun: TreeCalls[] = [];
    const asking = members.map(async (task, at) => {
      const services = { store: stores[at % 2] as Store, sleep };
      const calls = new TreeCalls(services, task, limitUsd * 1_000_000);
      await calls.begin(giveUp.signal);
      if (!giveUp.signal.aborted) begun.push(calls);
    });
    await expect.poll(() => begun.length).toBe(expected);
    await sleep(500);
    expect(begun).toHaveLength(expected);
    return { begun, all: () => Promise.all(asking), giveUp: () => giveUp.abort() };
  }

  it('begin as far as the limit has room for each of them', async () => {
    const { begun, all, giveUp } = await begin(await tree(2), 5, 3);
    await begun[0]?.end();
    await expect.poll(() => begun.length).toBe(4);
    giveUp();
    await all();
  });

  it('begin with one alone, whose price tells how many may follow', async () => {
    const { all, giveUp } = await begin(await tree(0), 5, 1);
    giveUp();
    await all();
  });

  it('are not held up by one whose worker was lost', async () => {
    const members = await tree(1);
    const lost = { task_id: 'tsk_1', tenant_id: 'tnt_1', root_task_id: 'tsk_root', epoch: 0 };
    await store().write(({ query }) => query.insertInto('tree_calls').values(lost).execute());
    const { all, giveUp } = await begin(members.slice(1, 2), 1.5, 1);
    giveUp();
    await all();
  });
});

import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pick } from '../engine/policy.ts';
import { noUsage } from '../new-task/no-usage.ts';
import type { StepRow, TaskRow } from './schema.ts';
import type { Store } from './store.ts';
import { type StoreHome, stopHomes, storeHomes } from './store-homes.test-rig.ts';
import { agentRow, taskRow } from './task-row.test-rig.ts';

afterAll(stopHomes);

describe.each(storeHomes)('a tree of tasks on $name', ({ create }) => {
  let home: StoreHome;
  let stores: Store[];
  const claimed: { task: TaskRow; store: Store }[] = [];

  beforeEach(async () => {
    home = await create();
    const first = await home.open();
    stores = home.name === 'sqlite' ? [first] : [first, await home.open()];
    claimed.length = 0;
    await first.write(({ query }) =>
      query
        .insertInto('agents')
        .values(agentRow({ desired_replicas: 200 }))
        .execute(),
    );
    for (const [at, store] of stores.entries()) {
      store.startClaiming({
        owner: `worker-${at}`,
        freeSlots: () => 2,
        pick,
        holds: () => true,
        deliver: (tasks) => claimed.push(...tasks.map((task) => ({ task, store }))),
      });
    }
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    await home.remove();
  });

  const childOf = (parent: TaskRow, id: string) =>
    taskRow(id, {
      parent_task_id: parent.id,
      root_task_id: 'tsk_root',
      depth: 2,
      status: 'queued',
      agent_id: 'agt_none',
    });
  const step = (task: TaskRow, number: number, childId: string): StepRow => ({
    ...{ task_id: task.id, step: number, tenant_id: task.tenant_id, kind: 'delegation', name: 'delegate' },
    ...{ status: 'waiting', entry: '{}', input: '{}', output: 'null', error: null, model: null, tool: '{}' },
    ...{ child_task_id: childId, input_tokens: null, cache_read_tokens: null, cache_write_tokens: null },
    ...{ output_tokens: null, reasoning_tokens: null, cost_microusd: null, started_at: 1, finished_at: null },
  });

  it('has as many tasks as it may have, though several of them hand work out at once', async () => {
    const parents = ['tsk_a', 'tsk_b', 'tsk_c', 'tsk_d'];
    await stores[0]?.write(async ({ insertTasks, wake }) => {
      await insertTasks([taskRow('tsk_root', { status: 'waiting', agent_id: 'agt_none' })]);
      const shape = { parent_task_id: 'tsk_root', root_task_id: 'tsk_root', depth: 1 };
      await insertTasks(parents.map((id) => taskRow(id, shape)));
      wake();
    });
    for (const store of stores) store.wake();
    await expect.poll(() => new Set(claimed.map(({ task }) => task.id)).size).toBe(4);
    // Five are there; each hands out three, and eight may be.
    const held = await Promise.all(
      claimed.map(({ task, store }) => {
        const children = [1, 2, 3].map((number) => childOf(task, `${task.id}_${number}`));
        const [first, ...more] = children.map(({ id }, at) => step(task, at + 1, id));
        return store.commitStep({
          lease: { taskId: task.id, owner: task.owner ?? '', epoch: task.epoch },
          ...(first === undefined ? {} : { step: first }),
          moreSteps: more,
          children,
          mostInTree: 8,
          contents: [],
          usage: noUsage,
          simulated: false,
          parentTaskId: 'tsk_root',
          end: { status: 'waiting', waitingFor: '{"kind":"children","taskIds":[]}' },
          now: 2,
        });
      }),
    );
    expect(held).toEqual([true, true, true, true]);
    const query = stores[0]?.query;
    const grandchildren = await query?.selectFrom('tasks').selectAll().where('depth', '=', 2).execute();
    const refused = grandchildren?.filter(({ status }) => status === 'failed') ?? [];
    expect([grandchildren?.length, refused.length]).toEqual([12, 9]);
    expect(JSON.parse(refused[0]?.error ?? '')).toMatchObject({ code: 'delegation_limit' });
    // Each that was refused has told the step that waited for it.
    const told = await query?.selectFrom('steps').selectAll().where('status', '=', 'failed').execute();
    expect(told?.map(({ child_task_id }) => child_task_id).sort()).toEqual(refused.map(({ id }) => id).sort());
  });
});

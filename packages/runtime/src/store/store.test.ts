import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pick } from '../engine/policy.ts';
import { noUsage } from '../new-task/no-usage.ts';
import type { TaskRow } from './schema.ts';
import type { Store } from './store.ts';
import { type StoreHome, stopHomes, storeHomes } from './store-homes.test-rig.ts';
import { agentRow, taskRow } from './task-row.test-rig.ts';

afterAll(stopHomes);

describe.each(storeHomes)('the store on $name', ({ create }) => {
  let home: StoreHome;
  let store: Store;

  beforeEach(async () => {
    home = await create();
    store = await home.open();
  });

  afterEach(async () => {
    await store.close();
    await home.remove();
  });

  async function addAgent(replicas: number): Promise<void> {
    const row = agentRow({ desired_replicas: replicas });
    await store.write(({ query }) => query.insertInto('agents').values(row).execute());
  }

  /** Claims for a worker with so many slots; resolves with the first delivery. */
  function claimOnce(slots: number, owner = 'worker'): Promise<TaskRow[]> {
    return new Promise((resolve) => {
      store.startClaiming({ owner, freeSlots: () => slots, pick, deliver: resolve, holds: () => true });
    });
  }

  async function claimed(task: TaskRow): Promise<TaskRow> {
    const delivered = claimOnce(1);
    await store.write(async ({ insertTasks, wake }) => {
      await insertTasks([task]);
      wake();
    });
    const [first] = await delivered;
    if (first === undefined) throw new RangeError('nothing was claimed');
    return first;
  }

  function leaseOf(task: TaskRow) {
    return { taskId: task.id, owner: task.owner ?? '', epoch: task.epoch };
  }

  test('a write that throws is undone alone; those beside it stand', async () => {
    const writes = [1, 2, 3].map((n) =>
      store.write(async ({ insertTasks }) => {
        await insertTasks([taskRow(`tsk_${n}`)]);
        if (n === 2) throw new RangeError('no');
      }),
    );
    const settled = await Promise.allSettled(writes);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const rows = await store.query.selectFrom('tasks').select('id').orderBy('id').execute();
    expect(rows).toEqual([{ id: 'tsk_1' }, { id: 'tsk_3' }]);
  });

  test('a reader never sees what is not committed', async () => {
    const seen = await store.write(async ({ insertTasks, query }) => {
      await insertTasks([taskRow('tsk_1')]);
      const inside = await query.selectFrom('tasks').select('id').execute();
      const outside = await store.query.selectFrom('tasks').select('id').execute();
      return { inside: inside.length, outside: outside.length };
    });
    expect(seen).toEqual({ inside: 1, outside: 0 });
  });

  test('a row comes back as it went in, numbers as numbers', async () => {
    const task = taskRow('tsk_1', {
      input: '{"text":"\\u0000 \\ud800 ümläut"}',
      created_at: Date.now(),
      cost_microusd: null,
    });
    await store.write(({ insertTasks }) => insertTasks([task]));
    expect(await store.query.selectFrom('tasks').selectAll().executeTakeFirst()).toEqual(task);
  });

  test('queued tasks are claimed within the replicas of their agent, each under a new epoch', async () => {
    await addAgent(2);
    const delivered = claimOnce(10);
    await store.write(async ({ insertTasks, wake }) => {
      await insertTasks([taskRow('tsk_1'), taskRow('tsk_2'), taskRow('tsk_3')]);
      wake();
    });
    const tasks = await delivered;
    expect(tasks.map((task) => [task.id, task.epoch, task.attempt, task.status, task.agent_version])).toEqual([
      ['tsk_1', 1, 1, 'running', 1],
      ['tsk_2', 1, 1, 'running', 1],
    ]);
  });

  test('a write under an older epoch is refused and leaves nothing behind', async () => {
    await addAgent(1);
    const task = await claimed(taskRow('tsk_1'));
    const commit = { contents: [], usage: noUsage, simulated: false, now: 2 };
    const end = { status: 'completed', result: '1' } as const;
    const late = { ...leaseOf(task), epoch: task.epoch - 1 };
    expect(await store.commitStep({ ...commit, end, lease: late })).toBe(false);
    expect(await store.commitStep({ ...commit, end, lease: leaseOf(task) })).toBe(true);
    expect(await store.commitStep({ ...commit, end, lease: leaseOf(task) })).toBe(false);
    const row = await store.query.selectFrom('tasks').select(['status', 'result', 'owner']).executeTakeFirst();
    expect(row).toEqual({ status: 'completed', result: '1', owner: null });
  });

  test('a step, its pieces and the totals are committed as one, and pieces that are known are kept once', async () => {
    await addAgent(1);
    const task = await claimed(taskRow('tsk_1'));
    const step = {
      task_id: 'tsk_1',
      step: 1,
      tenant_id: 'tnt_1',
      kind: 'model' as const,
      name: 'echo',
      status: 'completed' as const,
      entry: '{}',
      input: 'null',
      output: '"hi"',
      error: null,
      model: '{}',
      tool: null,
      child_task_id: null,
      input_tokens: 3,
      cache_read_tokens: 0,
      cache_write_tokens: 0,
      output_tokens: 1,
      reasoning_tokens: 0,
      cost_microusd: 7,
      started_at: 1,
      finished_at: 2,
    };
    const piece = { tenant_id: 'tnt_1', hash: 'h', day: 0, body: '{}' };
    const usage = { ...noUsage, steps: 1, model_calls: 1, input_tokens: 3, output_tokens: 1, cost_microusd: 7 };
    const commit = { lease: leaseOf(task), usage, simulated: true, now: 2 };
    expect(await store.commitStep({ ...commit, step, contents: [piece, piece] })).toBe(true);
    expect(await store.commitStep({ ...commit, step: { ...step, step: 2 }, contents: [piece] })).toBe(true);
    expect(await store.query.selectFrom('steps').selectAll().orderBy('step').execute()).toEqual([
      step,
      { ...step, step: 2 },
    ]);
    expect(await store.query.selectFrom('contents').selectAll().execute()).toEqual([piece]);
    const row = await store.query.selectFrom('tasks').selectAll().executeTakeFirst();
    expect(row).toMatchObject({
      status: 'running',
      steps: 2,
      input_tokens: 6,
      cost_microusd: 14,
      simulated: 1,
      version: 4,
    });
  });

  test('changes are told after they are committed, and those of a failed write never', async () => {
    const seen: [string, number][] = [];
    let visible = 0;
    store.onTaskChange(({ taskId, version }) => {
      seen.push([taskId, version]);
      void store.query
        .selectFrom('tasks')
        .select('id')
        .execute()
        .then((rows) => {
          visible = rows.length;
        });
    });
    const failing = store.write(async ({ changed }) => {
      changed({ taskId: 'tsk_2', version: 1, status: 'queued' });
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow('no');
    await store.write(async ({ insertTasks, changed }) => {
      changed({ taskId: 'tsk_1', version: 1, status: 'queued' });
      await insertTasks([taskRow('tsk_1')]);
    });
    await expect.poll(() => visible).toBe(1);
    expect(seen).toEqual([['tsk_1', 1]]);
  });

  test('a scheduled task is queued when it is due, and one that waited too long has expired', async () => {
    const now = Date.now();
    const moved: string[] = [];
    store.onTaskChange(({ taskId, status }) => moved.push(`${taskId} ${status}`));
    await store.write(({ insertTasks }) =>
      insertTasks([
        taskRow('tsk_1', { status: 'scheduled', scheduled_for: now - 1 }),
        taskRow('tsk_2', { status: 'scheduled', scheduled_for: now + 60_000 }),
        taskRow('tsk_3', { expires_at: now - 1 }),
      ]),
    );
    await expect.poll(() => moved.toSorted()).toEqual(['tsk_1 queued', 'tsk_3 failed']);
  });
});

import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pick } from '../engine/policy.ts';
import { noUsage } from '../new-task/no-usage.ts';
import type { StepRow, TaskRow } from './schema.ts';
import type { Store, TaskEnd } from './store.ts';
import { type StoreHome, stopHomes, storeHomes } from './store-homes.test-rig.ts';
import { agentRow, taskRow } from './task-row.test-rig.ts';
import { cancelWaits, completeWait, settleParents } from './waits.ts';

afterAll(stopHomes);

describe.each(storeHomes)('tasks that wait on $name', ({ create }) => {
  let home: StoreHome;
  let store: Store;
  /** Claimed tasks that nobody has taken yet. */
  let delivered: TaskRow[];
  let held: Set<string>;

  beforeEach(async () => {
    home = await create();
    store = await home.open();
    await store.write(({ query }) =>
      query
        .insertInto('agents')
        .values(agentRow({ desired_replicas: 200 }))
        .execute(),
    );
    claim();
  });

  afterEach(async () => {
    await store.close();
    await home.remove();
  });

  function claim(): void {
    delivered = [];
    held = new Set();
    store.startClaiming({
      owner: 'worker',
      freeSlots: () => 100,
      pick,
      holds: (taskId) => held.has(taskId),
      deliver: (tasks) => {
        for (const { id } of tasks) held.add(id);
        delivered.push(...tasks);
      },
    });
  }

  async function running(change: Partial<TaskRow> & { id: string }): Promise<TaskRow> {
    const { id, ...rest } = change;
    await store.write(async ({ insertTasks, wake }) => {
      await insertTasks([taskRow(id, rest)]);
      wake();
    });
    return taken(id);
  }

  async function taken(id: string): Promise<TaskRow> {
    await expect.poll(() => delivered.some((task) => task.id === id)).toBe(true);
    const index = delivered.findIndex((task) => task.id === id);
    const [task] = delivered.splice(index, 1);
    if (task === undefined) throw new RangeError('It was there just now.');
    return task;
  }

  const commitOf = (task: TaskRow, now = 2) => ({
    lease: { taskId: task.id, owner: task.owner ?? '', epoch: task.epoch },
    parentTaskId: task.parent_task_id,
    contents: [],
    usage: noUsage,
    simulated: false,
    now,
  });

  function park(task: TaskRow, children: TaskRow[] = [], now = 2): Promise<boolean> {
    held.delete(task.id);
    const end: TaskEnd = { status: 'waiting', waitingFor: '{"kind":"children","taskIds":[]}' };
    const step = waitingStep(task.id, children[0]?.id ?? null);
    return store.commitStep({ ...commitOf(task, now), step, children, end });
  }

  function end(task: TaskRow, result: TaskEnd): Promise<boolean> {
    held.delete(task.id);
    return store.commitStep({ ...commitOf(task), end: result });
  }

  const child = (id: string, change: Partial<TaskRow> = {}) =>
    taskRow(id, { parent_task_id: 'tsk_1', root_task_id: 'tsk_1', depth: 1, ...change });

  const answer = { taskId: 'tsk_1', step: 1, status: 'completed' as const, output: '"yes"', error: null, now: 5 };

  function complete() {
    return store.write(async ({ query, changed, wake }) => {
      const change = await completeWait(query, answer);
      if (change !== undefined) changed(change);
      wake();
      return change;
    });
  }

  const taskOf = (id: string) => store.query.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirst();
  const stepOf = (id: string) =>
    store.query.selectFrom('steps').selectAll().where('task_id', '=', id).executeTakeFirst();

  test('hold no slot, and go on under a new epoch once their step is completed; it is no further attempt', async () => {
    const task = await running({ id: 'tsk_1' });
    expect(await park(task, [], 100)).toBe(true);
    expect(await taskOf('tsk_1')).toMatchObject({ status: 'waiting', owner: null, paused_at: 100, attempt: 1 });
    expect(await stepOf('tsk_1')).toMatchObject({ status: 'waiting', finished_at: null });
    expect(await end(task, { status: 'completed', result: '1' })).toBe(false);
    expect(await complete()).toEqual({
      taskId: 'tsk_1',
      version: 4,
      status: 'queued',
      step: { step: 1, status: 'completed' },
    });
    const again = await taken('tsk_1');
    expect(again).toMatchObject({ epoch: 2, attempt: 1, waiting_for: null, paused_at: null });
    expect(again.paused_ms).toBeGreaterThan(1_000_000);
    expect(await stepOf('tsk_1')).toMatchObject({ status: 'completed', output: '"yes"', finished_at: 5 });
  });

  test('are completed once, whoever comes second', async () => {
    const task = await running({ id: 'tsk_1' });
    await park(task);
    const changes = await Promise.all([complete(), complete(), complete()]);
    expect(changes.filter((change) => change !== undefined)).toHaveLength(1);
    await taken('tsk_1');
    expect(await complete()).toBeUndefined();
  });

  test.each([
    [{ status: 'completed', result: '"five"' } as const, { status: 'completed', output: '"five"', error: null }],
    [
      { status: 'failed', error: '{"code":"timeout","message":"Slow.","step":7,"retryable":true}' } as const,
      { status: 'failed', output: 'null', error: '{"code":"timeout","message":"Slow.","step":1,"retryable":true}' },
    ],
  ])('hear of the end of their child in its own commit: %j', async (ending, step) => {
    const parent = await running({ id: 'tsk_1' });
    expect(await park(parent, [child('tsk_2')])).toBe(true);
    const handed = await taken('tsk_2');
    expect(await end(handed, ending)).toBe(true);
    expect(await stepOf('tsk_1')).toMatchObject({ ...step, child_task_id: 'tsk_2' });
    expect(await taken('tsk_1')).toMatchObject({ epoch: 2, waiting_for: null });
    const events = await store.query
      .selectFrom('events')
      .select(['seq', 'type', 'step'])
      .where('subject_id', '=', 'tsk_1')
      .orderBy('seq')
      .execute();
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.find(({ type }) => type === `step.${step.status}`)).toMatchObject({ step: 1 });
  });

  test('hear nothing of a child that another worker has taken over meanwhile', async () => {
    const parent = await running({ id: 'tsk_1' });
    await park(parent, [child('tsk_2')]);
    const handed = await taken('tsk_2');
    expect(await end({ ...handed, epoch: handed.epoch - 1 }, { status: 'completed', result: '1' })).toBe(false);
    expect(await taskOf('tsk_1')).toMatchObject({ status: 'waiting' });
  });

  test('hear of a child that is cancelled, and of one that expires', async () => {
    const first = await running({ id: 'tsk_1' });
    await park(first, [child('tsk_2', { agent_id: 'agt_none' })]);
    await store.write(async ({ query, changed, wake }) => {
      const ended = { status: 'cancelled' as const, version: 9, finished_at: 3 };
      await query.updateTable('tasks').set(ended).where('id', '=', 'tsk_2').execute();
      for (const change of await settleParents(query, 4, ['tsk_2'])) changed(change);
      wake();
    });
    await taken('tsk_1');
    expect(JSON.parse((await stepOf('tsk_1'))?.error ?? '{}')).toMatchObject({ code: 'cancelled', step: 1 });

    const second = await running({ id: 'tsk_3' });
    await park(second, [child('tsk_4', { parent_task_id: 'tsk_3', agent_id: 'agt_none', expires_at: 1 })]);
    await taken('tsk_3');
    expect(JSON.parse((await stepOf('tsk_3'))?.error ?? '{}')).toMatchObject({ code: 'expired' });
  });

  test('stay as they are when the store is opened again, but hear of what was lost with the last process', async () => {
    const first = await running({ id: 'tsk_1' });
    await park(first, [child('tsk_2', { losses: 2 })]);
    await taken('tsk_2');
    const second = await running({ id: 'tsk_3' });
    await park(second);
    await store.close();
    store = await home.open();
    if (home.name === 'postgres') {
      // There a worker says goodbye when it is closed; this one did not.
      const workers = { id: 'worker', host: 'h', pid: 1, lock_key: 77, started_at: 1, heartbeat_at: 1 };
      await store.write(({ query }) => query.insertInto('workers').values(workers).execute());
    }
    delivered = [];
    store.startClaiming({
      owner: 'other',
      freeSlots: () => 100,
      pick,
      holds: () => true,
      deliver: (tasks) => delivered.push(...tasks),
    });
    await taken('tsk_1');
    expect(JSON.parse((await stepOf('tsk_1'))?.error ?? '{}')).toMatchObject({ code: 'worker_lost' });
    expect(await taskOf('tsk_3')).toMatchObject({ status: 'waiting', losses: 0 });
  });

  test('hand out nothing where their own commit is refused', async () => {
    const task = await running({ id: 'tsk_1' });
    await store.write(({ query }) =>
      query.updateTable('tasks').set({ status: 'cancelled', owner: null }).where('id', '=', 'tsk_1').execute(),
    );
    expect(await park(task, [child('tsk_2')])).toBe(false);
    expect(await taskOf('tsk_2')).toBeUndefined();
    expect(await stepOf('tsk_1')).toBeUndefined();
  });

  test('and are cancelled at the very moment when their child ends come to one end', async () => {
    const pairs = Array.from({ length: 20 }, (_, index) => [`tsk_p${index}`, `tsk_c${index}`] as const);
    for (const [parentId, childId] of pairs) {
      const parent = await running({ id: parentId });
      await park(parent, [child(childId, { parent_task_id: parentId })]);
    }
    const children = await Promise.all(pairs.map(([, childId]) => taken(childId)));
    const cancelled = pairs.map(([parentId, childId]) => cancelBoth(parentId, childId));
    const ended = children.map((each) => end(each, { status: 'completed', result: '1' }));
    await Promise.all([...cancelled, ...ended]);
    const rows = await store.query.selectFrom('tasks').select(['id', 'status']).orderBy('id').execute();
    expect(rows.filter(({ id }) => id.startsWith('tsk_p')).map(({ status }) => status)).toEqual(
      pairs.map(() => 'cancelled'),
    );
    const steps = await store.query.selectFrom('steps').select('status').where('status', '=', 'waiting').execute();
    expect(steps).toEqual([]);
  });

  function cancelBoth(parentId: string, childId: string): Promise<void> {
    return store.write(async ({ query }) => {
      for (const id of [parentId, childId]) {
        await query
          .updateTable('tasks')
          .set({ status: 'cancelled', owner: null })
          .where('id', '=', id)
          .where('status', 'in', ['queued', 'running', 'waiting'])
          .execute();
        await cancelWaits(query, [id], 9);
      }
    });
  }

  test('a claim that nobody works on is queued again, without a loss; the late commit is refused', async () => {
    const task = await running({ id: 'tsk_1' });
    held.delete('tsk_1');
    const again = await taken('tsk_1');
    expect(again).toMatchObject({ epoch: 2, losses: 0 });
    expect(await end(task, { status: 'completed', result: '1' })).toBe(false);
    expect(await taskOf('tsk_1')).toMatchObject({ status: 'running', epoch: 2 });
  });
});

function waitingStep(taskId: string, childTaskId: string | null): StepRow {
  return {
    task_id: taskId,
    step: 1,
    tenant_id: 'tnt_1',
    kind: childTaskId === null ? 'input' : 'delegation',
    name: 'ask',
    status: 'waiting',
    entry: '{}',
    input: '{}',
    output: 'null',
    error: null,
    model: null,
    tool: '{}',
    child_task_id: childTaskId,
    input_tokens: null,
    cache_read_tokens: null,
    cache_write_tokens: null,
    output_tokens: null,
    reasoning_tokens: null,
    cost_microusd: null,
    started_at: 1,
    finished_at: null,
  };
}

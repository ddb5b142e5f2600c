import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pick } from '../engine/policy.ts';
import { noUsage } from '../new-task/no-usage.ts';
import type { NewEventRow } from './event-row.ts';
import type { TaskRow } from './schema.ts';
import type { Store } from './store.ts';
import { type StoreHome, stopHomes, storeHomes } from './store-homes.test-rig.ts';
import { agentRow, taskRow } from './task-row.test-rig.ts';

afterAll(stopHomes);

const agentEvent: NewEventRow = {
  subject_id: 'agt_1',
  tenant_id: 'tnt_1',
  type: 'agent.status',
  step: null,
  data: '{}',
  created_at: 1,
};

describe.each(storeHomes)('events on $name', ({ create }) => {
  let home: StoreHome;
  let store: Store;

  beforeEach(async () => {
    home = await create();
    store = await home.open();
    await store.write(({ query }) =>
      query
        .insertInto('agents')
        .values(agentRow({ desired_replicas: 9 }))
        .execute(),
    );
  });

  afterEach(async () => {
    await store.close();
    await home.remove();
  });

  async function claimed(task: TaskRow): Promise<TaskRow> {
    const delivered = new Promise<TaskRow[]>((deliver) => {
      store.startClaiming({ owner: 'worker', freeSlots: () => 1, pick, deliver, holds: () => true });
    });
    await store.write(async ({ insertTasks, wake }) => {
      await insertTasks([task]);
      wake();
    });
    const [first] = await delivered;
    if (first === undefined) throw new RangeError('nothing was claimed');
    return first;
  }

  const leaseOf = (task: TaskRow) => ({ taskId: task.id, owner: task.owner ?? '', epoch: task.epoch });
  const commitOf = (task: TaskRow) => ({
    lease: leaseOf(task),
    contents: [],
    usage: { ...noUsage, steps: 1, input_tokens: 3 },
    simulated: true,
    now: 7,
  });

  /** Each event in short: its place, its type, its status or step. */
  async function told(subjectId: string): Promise<string[]> {
    const events = store.query.selectFrom('events').selectAll().where('subject_id', '=', subjectId);
    const rows = await events.orderBy('seq').execute();
    return rows.map(({ seq, type, step, data }) => {
      const { status = '', message = '' } = JSON.parse(data ?? '{}') as { status?: string; message?: string };
      return `${seq} ${type} ${step ?? status}${message === '' ? '' : 'lost'}`.trim();
    });
  }

  test('each change of a task leaves its events, without a gap, the end last', async () => {
    const task = await claimed(taskRow('tsk_1'));
    await store.commitStep({ ...commitOf(task), step: stepRow(1, 'completed') });
    await store.commitStep({
      ...commitOf(task),
      step: stepRow(2, 'failed'),
      end: { status: 'failed', error: '{}' },
    });
    expect(await told('tsk_1')).toEqual([
      '1 task.status queued',
      '2 task.status running',
      '3 step.completed 1',
      '4 step.failed 2',
      '5 task.status failed',
    ]);
  });

  test('what is refused or undone leaves none', async () => {
    const task = await claimed(taskRow('tsk_1'));
    const before = await told('tsk_1');
    const late = { ...leaseOf(task), epoch: task.epoch - 1 };
    await store.commitStep({ ...commitOf(task), lease: late, end: { status: 'completed', result: '1' } });
    const failing = store.write(async ({ changed, insertTasks }) => {
      await insertTasks([taskRow('tsk_2')]);
      changed({ taskId: 'tsk_1', version: 9, status: 'cancelled' });
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await told('tsk_1')).toEqual(before);
    expect(await told('tsk_2')).toEqual([]);
  });

  test('a task that is handed back tells how far it has come, and what it waits for where it waits', async () => {
    const task = await claimed(taskRow('tsk_1'));
    const waitingFor = '{"kind":"input","question":"Who?"}';
    await store.commitStep({ ...commitOf(task), end: { status: 'waiting', waitingFor } });
    const events = await store.query.selectFrom('events').selectAll().where('seq', '>', 2).orderBy('seq').execute();
    expect(events.map(({ seq, type, data }) => [seq, type, JSON.parse(data ?? 'null')])).toEqual([
      [3, 'action.requested', JSON.parse(waitingFor)],
      [
        4,
        'task.status',
        {
          version: 3,
          status: 'waiting',
          attempt: 1,
          agent_version: 1,
          waiting_for: waitingFor,
          simulated: 1,
          started_at: task.started_at,
          steps: 1,
          input_tokens: 3,
        },
      ],
    ]);
  });

  test('a change that a service makes is an event by itself, with the step that it completed', async () => {
    await store.write(({ insertTasks }) => insertTasks([taskRow('tsk_1')]));
    await store.write(async ({ query, changed }) => {
      await query.updateTable('tasks').set({ status: 'cancelled', version: 2 }).where('id', '=', 'tsk_1').execute();
      changed({ taskId: 'tsk_1', version: 2, status: 'cancelled', step: { step: 4, status: 'completed' } });
    });
    expect(await told('tsk_1')).toEqual(['1 task.status queued', '2 step.completed 4', '3 task.status cancelled']);
  });

  test('a task that is added and told of at once has one first event', async () => {
    await store.write(async ({ insertTasks, changed }) => {
      await insertTasks([taskRow('tsk_1')]);
      changed({ taskId: 'tsk_1', version: 1, status: 'queued' });
    });
    expect(await told('tsk_1')).toEqual(['1 task.status queued']);
  });

  test('what a due time does is told, too', async () => {
    const now = Date.now();
    await store.write(({ insertTasks }) =>
      insertTasks([
        taskRow('tsk_1', { status: 'scheduled', scheduled_for: now - 1 }),
        taskRow('tsk_2', { expires_at: now - 1 }),
      ]),
    );
    await expect.poll(() => told('tsk_2')).toEqual(['1 task.status queued', '2 task.status failed']);
    expect(await told('tsk_1')).toEqual(['1 task.status scheduled', '2 task.status queued']);
  });

  test('writers of one subject that has no row to lock take turns, and who reads along is told', async () => {
    const news: string[] = [];
    store.onNewEvents((subjectId) => news.push(subjectId));
    const writes = Array.from({ length: 20 }, () =>
      store.write(async ({ addEvents }) => addEvents([agentEvent, { ...agentEvent, type: 'instance.updated' }])),
    );
    await Promise.all(writes);
    const rows = await store.query.selectFrom('events').select(['seq', 'type']).orderBy('seq').execute();
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(new Set(news)).toEqual(new Set(['agt_1']));
    expect(news).toHaveLength(20);
  });
});

describe.each(storeHomes.filter(({ name }) => name === 'sqlite'))('events on $name', ({ create }) => {
  test('a task whose process died says so when it is queued again', async () => {
    const home = await create();
    const dying = await home.open();
    await dying.write(({ insertTasks }) => insertTasks([taskRow('tsk_1', { status: 'running', owner: 'gone' })]));
    await dying.close();
    const store = await home.open();
    const rows = await store.query.selectFrom('events').select(['seq', 'type']).orderBy('seq').execute();
    expect(rows.map(({ seq, type }) => `${seq} ${type}`)).toEqual(['1 task.status', '2 log', '3 task.status']);
    await store.close();
    await home.remove();
  });
});

describe.each(storeHomes.filter(({ name }) => name === 'postgres'))('two processes on $name', ({ create }) => {
  test('tell each other of new events and pass signals on in order, the same ones twice', async () => {
    const home = await create();
    const [one, two] = await Promise.all([home.open(), home.open()]);
    const heard: string[] = [];
    two.signals.listen((text) => heard.push(text));
    two.onNewEvents((subjectId) => heard.push(subjectId));
    one.signals.listen((text) => heard.push(`echo ${text}`));
    for (const text of ['a', 'b', 'b', '"ü\u0000']) one.signals.send(text);
    await one.write(async ({ addEvents }) => addEvents([agentEvent]));
    await expect.poll(() => heard).toEqual(['a', 'b', 'b', '"ü\u0000', 'agt_1']);
    await Promise.all([one.close(), two.close()]);
    await home.remove();
  });
});

function stepRow(step: number, status: 'completed' | 'failed') {
  return {
    task_id: 'tsk_1',
    step,
    tenant_id: 'tnt_1',
    kind: 'model' as const,
    name: 'echo',
    status,
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
}

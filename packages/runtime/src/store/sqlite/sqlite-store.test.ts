import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { noUsage } from '../../new-task/no-usage.ts';
import type { StepRow, TaskRow } from '../schema.ts';
import type { StepCommit, Store } from '../store.ts';
import { StoreError } from '../store-error.ts';
import { agentRow, taskRow } from '../task-row.test-rig.ts';
import { openSqliteStore } from './sqlite-store.ts';

let folder: string;
let store: Store;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-store-'));
  store = openSqliteStore({ folder });
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

test('what a dead process held is queued again at the next start, and fails after the third loss', async () => {
  await store.write(({ insertTasks }) =>
    insertTasks([
      taskRow('tsk_1', { status: 'running', owner: 'dead', epoch: 4 }),
      taskRow('tsk_2', { status: 'running', owner: 'dead', losses: 2 }),
    ]),
  );
  await store.close();
  store = openSqliteStore({ folder });
  const rows = await store.query
    .selectFrom('tasks')
    .select(['id', 'status', 'losses', 'error'])
    .orderBy('id')
    .execute();
  expect(rows[0]).toEqual({ id: 'tsk_1', status: 'queued', losses: 1, error: null });
  expect(rows[1]).toMatchObject({ id: 'tsk_2', status: 'failed', losses: 3 });
  expect(JSON.parse(rows[1]?.error ?? '{}')).toMatchObject({ code: 'worker_lost' });
});

test('a second process on the same folder is refused with what to do', () => {
  expect(() => openSqliteStore({ folder })).toThrow(StoreError);
  expect(() => openSqliteStore({ folder })).toThrow(/Another Runctl process uses .*--data/);
});

test('only the owner may read the files', async () => {
  await store.write(({ insertTasks }) => insertTasks([taskRow('tsk_1')]));
  const open = readdirSync(folder).filter((name) => (statSync(join(folder, name)).mode & 0o077) !== 0);
  expect(open).toEqual([]);
});

test('a write that fails before it has changed anything costs those beside it nothing: each runs once', async () => {
  const runs: string[] = [];
  const insert = (id: string) =>
    store.write(async ({ insertTasks }) => {
      runs.push(id);
      await insertTasks([taskRow(id)]);
    });
  const failing = store.write(async ({ query }) => {
    runs.push('failing');
    await query.selectFrom('tasks').select('id').execute();
    throw new RangeError('not found');
  });
  const settled = await Promise.allSettled([insert('tsk_1'), failing, insert('tsk_2')]);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(runs.sort()).toEqual(['failing', 'tsk_1', 'tsk_2']);
  const rows = await store.query.selectFrom('tasks').select('id').orderBy('id').execute();
  expect(rows.map(({ id }) => id)).toEqual(['tsk_1', 'tsk_2']);
});

test('of commits that share a group, one that the database refuses is undone alone, and what is written beside stands', async () => {
  const running = { status: 'running', owner: 'me', epoch: 1 } as const;
  await store.write(({ insertTasks }) => insertTasks(['tsk_1', 'tsk_2', 'tsk_3'].map((id) => taskRow(id, running))));
  await store.commitStep(commitOf('tsk_2'));
  const changes: string[] = [];
  store.onTaskChange(({ taskId, version }) => changes.push(`${taskId} ${version}`));
  const [first, second, third, written] = await Promise.allSettled([
    store.commitStep(commitOf('tsk_1')),
    // The step is there already.
    store.commitStep(commitOf('tsk_2')),
    store.commitStep(commitOf('tsk_3')),
    store.write(({ insertTasks }) => insertTasks([taskRow('tsk_4')])),
  ]);
  expect(first).toEqual({ status: 'fulfilled', value: true });
  expect(second).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('UNIQUE') } });
  expect(third).toEqual({ status: 'fulfilled', value: true });
  expect(written.status).toBe('fulfilled');
  const rows = await store.query.selectFrom('tasks').select(['id', 'steps']).orderBy('id').execute();
  expect(rows.map(({ id, steps }) => `${id} ${steps}`)).toEqual(['tsk_1 1', 'tsk_2 1', 'tsk_3 1', 'tsk_4 0']);
  expect(changes).toEqual(['tsk_1 2', 'tsk_3 2']);
});

test('of what is due, nobody hears before it stands: where a part fails, all of it is undone and due again', async () => {
  await store.close();
  let groups = 0;
  store = openSqliteStore({ folder, onGroup: () => (groups += 1) });
  const changes: string[] = [];
  store.onTaskChange(({ taskId, status }) => changes.push(`${taskId} ${status}`));
  const past = new Date(1).toISOString();
  await store.write(async ({ query, insertTasks }) => {
    const asks = { status: 'waiting', waiting_for: JSON.stringify({ kind: 'question', expiresAt: past }) } as const;
    await insertTasks([taskRow('tsk_asks', asks), taskRow('tsk_late', { status: 'scheduled', scheduled_for: 1 })]);
    const step = stepOf('tsk_asks', { kind: 'tool', status: 'waiting', finished_at: null });
    await query.insertInto('steps').values(step).execute();
    await sql`CREATE TRIGGER refused BEFORE UPDATE ON steps BEGIN SELECT RAISE(ABORT, 'refused'); END`.execute(query);
  });
  // The write's own group, and one look at what is due.
  await expect.poll(() => groups).toBeGreaterThanOrEqual(3);
  const late = await store.query.selectFrom('tasks').select('status').where('id', '=', 'tsk_late').execute();
  expect({ late, changes }).toEqual({ late: [{ status: 'scheduled' }], changes: [] });
  await store.write(({ query }) => sql`DROP TRIGGER refused`.execute(query));
  await expect.poll(() => changes).toEqual(['tsk_late queued', 'tsk_asks failed']);
});

function commitOf(taskId: string): StepCommit {
  const lease = { taskId, owner: 'me', epoch: 1 };
  return { lease, step: stepOf(taskId), contents: [], usage: { ...noUsage, steps: 1 }, simulated: true, now: 2 };
}

function stepOf(taskId: string, change: Partial<StepRow> = {}): StepRow {
  return {
    task_id: taskId,
    step: 1,
    tenant_id: 'tnt_1',
    kind: 'model',
    name: 'echo',
    status: 'completed',
    entry: '{}',
    input: 'null',
    output: 'null',
    error: null,
    model: null,
    tool: null,
    child_task_id: null,
    input_tokens: null,
    cache_read_tokens: null,
    cache_write_tokens: null,
    output_tokens: null,
    reasoning_tokens: null,
    cost_microusd: null,
    started_at: 1,
    finished_at: 2,
    ...change,
  };
}

test('a task is claimed as it stands in the database, whether the transaction of the claim added it, changed it too, or neither', async () => {
  await store.write(({ query }) =>
    query
      .insertInto('agents')
      .values(agentRow({ deployed_version: 3, desired_replicas: 3 }))
      .execute(),
  );
  await store.write(({ insertTasks }) => insertTasks([taskRow('tsk_1', { paused_at: 1, version: 7 })]));
  const claimed: TaskRow[] = [];
  store.startClaiming({
    owner: 'me',
    freeSlots: () => 3,
    holds: () => true,
    pick: (lanes) => lanes.flatMap(({ heads }) => heads.map(({ taskId }) => taskId)),
    deliver: (tasks) => claimed.push(...tasks),
  });
  await store.write(async ({ insertTasks, query, wake }) => {
    await insertTasks([taskRow('tsk_2', { timeout_seconds: 1.5, labels: '{"a":"b"}' }), taskRow('tsk_3')]);
    await query.updateTable('tasks').set({ input: '"else"', version: 2 }).where('id', '=', 'tsk_3').execute();
    wake();
  });
  await store.write(async ({ wake }) => wake());
  const rows = await store.query.selectFrom('tasks').selectAll().orderBy('id').execute();
  expect(rows.map(({ agent_version, version, epoch, input }) => ({ agent_version, version, epoch, input }))).toEqual([
    { agent_version: 3, version: 8, epoch: 1, input: '{}' },
    { agent_version: 3, version: 2, epoch: 1, input: '{}' },
    { agent_version: 3, version: 3, epoch: 1, input: '"else"' },
  ]);
  expect(claimed.toSorted((one, other) => (one.id < other.id ? -1 : 1))).toEqual(rows);
});

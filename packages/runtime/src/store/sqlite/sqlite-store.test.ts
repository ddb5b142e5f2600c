import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pick } from '../../engine/policy.ts';
import type { TaskRow } from '../schema.ts';
import type { Store } from '../store.ts';
import { StoreError } from '../store-error.ts';
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

const usage = {
  steps: 0,
  model_calls: 0,
  tool_calls: 0,
  input_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  output_tokens: 0,
  reasoning_tokens: 0,
  cost_microusd: 0,
};

function taskRow(id: string, change: Partial<TaskRow> = {}): TaskRow {
  return {
    ...usage,
    id,
    tenant_id: 'tnt_1',
    agent_id: 'agt_1',
    agent_version: null,
    team_id: null,
    workflow_id: null,
    batch_id: null,
    parent_task_id: null,
    retry_of: null,
    forked_from_task: null,
    forked_from_step: null,
    ancestry: null,
    start_state: null,
    side_effects: null,
    status: 'queued',
    priority: 'normal',
    order_key: 1,
    input: '{}',
    memory: null,
    output_schema: null,
    timeout_seconds: null,
    max_cost_microusd: null,
    scheduled_for: null,
    expires_at: null,
    owner: null,
    epoch: 0,
    attempt: 0,
    losses: 0,
    waiting_for: null,
    result: null,
    error: null,
    simulated: 0,
    metadata: '{}',
    labels: '{}',
    version: 1,
    created_at: 1,
    started_at: null,
    finished_at: null,
    updated_at: 1,
    ...change,
  };
}

async function addAgent(replicas: number): Promise<void> {
  await store.write(async ({ query }) => {
    await query
      .insertInto('agents')
      .values({
        id: 'agt_1',
        tenant_id: 'tnt_1',
        name: 'a',
        type: 'reactive',
        status: 'running',
        version: 1,
        deployed_version: 1,
        desired_replicas: replicas,
        config: '{}',
        created_at: 1,
        updated_at: 1,
        deleted_at: null,
      })
      .execute();
  });
}

/** Claims for a worker with so many slots; resolves with the first delivery. */
function claimOnce(slots: number, owner = 'worker'): Promise<TaskRow[]> {
  return new Promise((resolve) => {
    store.startClaiming({ owner, freeSlots: () => slots, pick, deliver: resolve });
  });
}

function leaseOf(task: TaskRow) {
  return { taskId: task.id, owner: task.owner ?? '', epoch: task.epoch };
}

test('a write that throws is undone alone; those that shared its commit stand', async () => {
  const writes = [1, 2, 3].map((n) =>
    store.write(async ({ insertTasks }) => {
      await insertTasks([taskRow(`tsk_${n}`)]);
      if (n === 2) throw new RangeError('no');
    }),
  );
  expect((await Promise.allSettled(writes)).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
  ]);
  const rows = await store.query.selectFrom('tasks').select('id').orderBy('id').execute();
  expect(rows).toEqual([{ id: 'tsk_1' }, { id: 'tsk_3' }]);
});

test('a reader never sees what is not committed', async () => {
  const write = store.write(async ({ insertTasks, query }) => {
    await insertTasks([taskRow('tsk_1')]);
    const inside = await query.selectFrom('tasks').select('id').execute();
    const outside = await store.query.selectFrom('tasks').select('id').execute();
    return { inside: inside.length, outside: outside.length };
  });
  expect(await write).toEqual({ inside: 1, outside: 0 });
});

test('queued tasks are claimed within the replicas of their agent, each under a new epoch', async () => {
  await addAgent(2);
  const claimed = claimOnce(10);
  await store.write(async ({ insertTasks, wake }) => {
    await insertTasks([taskRow('tsk_1'), taskRow('tsk_2'), taskRow('tsk_3')]);
    wake();
  });
  const tasks = await claimed;
  expect(
    tasks.map(({ id, epoch, attempt, status, agent_version }) => [id, epoch, attempt, status, agent_version]),
  ).toEqual([
    ['tsk_1', 1, 1, 'running', 1],
    ['tsk_2', 1, 1, 'running', 1],
  ]);
});

test('a write under an older epoch is refused and leaves nothing behind', async () => {
  await addAgent(1);
  const claimed = claimOnce(1);
  await store.write(async ({ insertTasks, wake }) => {
    await insertTasks([taskRow('tsk_1')]);
    wake();
  });
  const [task] = await claimed;
  if (task === undefined) throw new RangeError('nothing was claimed');
  const late = { ...leaseOf(task), epoch: task.epoch - 1 };
  const commit = { contents: [], usage, simulated: false, end: { status: 'completed', result: '1' } as const, now: 2 };
  expect(await store.commitStep({ ...commit, lease: late })).toBe(false);
  expect(await store.commitStep({ ...commit, lease: leaseOf(task) })).toBe(true);
  expect(await store.commitStep({ ...commit, lease: leaseOf(task) })).toBe(false);
  const row = await store.query.selectFrom('tasks').select(['status', 'result', 'owner']).executeTakeFirst();
  expect(row).toEqual({ status: 'completed', result: '1', owner: null });
});

test('what a dead process held is queued again at the next start, and fails after the third loss', async () => {
  await addAgent(1);
  await store.write(async ({ insertTasks }) => {
    await insertTasks([taskRow('tsk_1', { status: 'running', owner: 'dead', epoch: 4 })]);
    await insertTasks([taskRow('tsk_2', { status: 'running', owner: 'dead', losses: 2 })]);
  });
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

test('changes are told after they are committed, in their order', async () => {
  const seen: [string, number, boolean][] = [];
  const found = new Set<string>();
  store.onTaskChange((change) => seen.push([change.taskId, change.version, found.has(change.taskId)]));
  await store.write(async ({ insertTasks, changed }) => {
    changed({ taskId: 'tsk_1', version: 1, status: 'queued' });
    await insertTasks([taskRow('tsk_1')]);
    found.add('tsk_1');
  });
  await expect(
    store.write(async ({ changed }) => {
      changed({ taskId: 'tsk_2', version: 1, status: 'queued' });
      throw new RangeError('no');
    }),
  ).rejects.toThrow('no');
  expect(seen).toEqual([['tsk_1', 1, true]]);
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

test('a scheduled task is queued when it is due, and one that waited too long has expired', async () => {
  const now = Date.now();
  await store.write(async ({ insertTasks }) => {
    await insertTasks([
      taskRow('tsk_1', { status: 'scheduled', scheduled_for: now - 1 }),
      taskRow('tsk_2', { status: 'scheduled', scheduled_for: now + 60_000 }),
      taskRow('tsk_3', { expires_at: now - 1 }),
    ]);
  });
  const moved: string[] = [];
  await new Promise<void>((resolve) => {
    store.onTaskChange(({ taskId, status }) => {
      moved.push(`${taskId} ${status}`);
      if (moved.length === 2) resolve();
    });
  });
  expect(moved.sort()).toEqual(['tsk_1 queued', 'tsk_3 failed']);
});

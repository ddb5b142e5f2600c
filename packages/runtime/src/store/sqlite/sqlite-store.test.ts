import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Store } from '../store.ts';
import { StoreError } from '../store-error.ts';
import { taskRow } from '../task-row.test-rig.ts';
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

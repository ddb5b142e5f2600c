import {
  findPostgres,
  type PostgresProxy,
  type PostgresServer,
  startPostgres,
  startPostgresProxy,
} from '@runctl/testkit';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../store.ts';
import { agentRow, taskRow } from '../task-row.test-rig.ts';
import { openPostgresStore } from './postgres-store.ts';

const bin = findPostgres();

describe.skipIf(bin === undefined)('news between processes on one Postgres', () => {
  let postgres: PostgresServer;
  let proxy: PostgresProxy;
  let url: string;
  let admin: pg.Client;
  let stores: Store[];
  beforeAll(async () => {
    postgres = await startPostgres(bin ?? '');
    proxy = await startPostgresProxy();
  });
  afterAll(async () => {
    await proxy.close();
    await postgres.stop();
  });
  beforeEach(async () => {
    url = postgres.createDatabase();
    stores = [];
    admin = new pg.Client({ connectionString: url });
    await admin.connect();
  });
  afterEach(async () => {
    await admin.end();
    await Promise.all(stores.map((store) => store.close()));
  });

  async function open(through = url): Promise<Store> {
    const store = await openPostgresStore({ url: through });
    stores.push(store);
    return store;
  }
  /** A worker: its connection comes back only once it can write down that it is there. */
  async function openWorker(): Promise<Store> {
    const store = await open();
    const claimer = { owner: 'wrk', freeSlots: () => 0, pick: () => [], deliver: () => {}, holds: () => true };
    store.startClaiming(claimer);
    await expect.poll(async () => (await admin.query('SELECT id FROM workers')).rows).toEqual([{ id: 'wrk' }]);
    return store;
  }
  /** Cuts the connections that listen; those of workers stay away until the lock is let go of. */
  async function keepAway(): Promise<void> {
    await admin.query('BEGIN; LOCK TABLE workers IN SHARE MODE');
    await admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'runctl session' AND datname = current_database()",
    );
  }
  const heardBy = (store: Store) => {
    const heard: string[] = [];
    store.onNewEvents((subjectId) => heard.push(subjectId));
    return heard;
  };
  const addTask = (store: Store, id: string) =>
    store.write(async ({ query, insertTasks, changed }) => {
      await query
        .insertInto('agents')
        .values(agentRow())
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      await insertTasks([taskRow(id)]);
      changed({ taskId: id, version: 1, status: 'queued' });
    });

  test('who waits is told to look again: while nothing is heard, and once it is heard again', async () => {
    const store = await openWorker();
    let looks = 0;
    store.onMissedNews(() => {
      looks += 1;
    });
    await keepAway();
    await expect.poll(() => looks).toBeGreaterThan(1);
    const before = looks;
    await admin.query('COMMIT');
    await expect.poll(() => looks).toBeGreaterThan(before);
    const heard = heardBy(store);
    await addTask(await open(), 'tsk_1');
    await expect.poll(() => heard).toEqual(['tsk_1']);
  });

  test('is sent though the connection of the process is away', async () => {
    const worker = await openWorker();
    await keepAway();
    const other = await open();
    const heard = heardBy(other);
    await addTask(worker, 'tsk_1');
    await expect.poll(() => heard).toEqual(['tsk_1']);
    await admin.query('COMMIT');
  });

  test('is kept while no connection can be made, and sent then', async () => {
    const cut = await open(proxy.through(url));
    const heard = heardBy(await open());
    await addTask(cut, 'tsk_1');
    await expect.poll(() => heard).toEqual(['tsk_1']);
    await addTask(cut, 'tsk_2');
    // In the very turn in which it is committed: nothing of it has been told yet.
    proxy.refuse(true);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(heard).toEqual(['tsk_1']);
    proxy.refuse(false);
    await expect.poll(() => heard).toContain('tsk_2');
  });

  test('of which there is too much to be kept makes the others look', async () => {
    const cut = await open(proxy.through(url));
    const other = await open();
    const heard = heardBy(other);
    let looks = 0;
    other.onMissedNews(() => {
      looks += 1;
    });
    const ids = Array.from({ length: 40_000 }, (_, index) => `wfr_${String(index).padStart(26, '0')}`);
    await cut.write(async ({ poke }) => {
      for (const id of ids) poke(id);
    });
    proxy.refuse(true);
    await new Promise((resolve) => setTimeout(resolve, 500));
    proxy.refuse(false);
    await expect.poll(() => looks).toBeGreaterThan(0);
    expect(heard).toEqual([]);
  });
});

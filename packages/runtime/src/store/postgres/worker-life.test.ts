import { findPostgres, type PostgresServer, startPostgres } from '@runctl/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../store.ts';
import { openPostgresStore } from './postgres-store.ts';

const bin = findPostgres();

describe.skipIf(bin === undefined)('the life of a worker', () => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await startPostgres(bin ?? '');
  });
  afterAll(() => postgres.stop());

  async function startWorkers(...ids: string[]) {
    const url = postgres.createDatabase();
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    const stores: Store[] = [];
    for (const owner of ids) {
      const store = await openPostgresStore({ url, statementMs: 1_000 });
      stores.push(store);
      store.startClaiming({
        owner,
        slots: 8,
        freeSlots: () => 0,
        pick: () => [],
        deliver: () => {},
        holds: () => true,
      });
    }
    const workers = async () => (await admin.query('SELECT id, slots, started_at FROM workers ORDER BY id')).rows;
    await expect.poll(async () => (await workers()).map(({ id }) => id)).toEqual(ids);
    const close = async () => {
      await Promise.all(stores.map((store) => store.close()));
      await admin.end();
    };
    return { admin, stores, workers, close };
  }

  test('goes on though others have taken it for lost: it registers again at its next heartbeat', async () => {
    const { admin, workers, close } = await startWorkers('wrk_1');
    await admin.query('DELETE FROM workers');
    await expect.poll(workers).toMatchObject([{ id: 'wrk_1', slots: '8' }]);
    await close();
  });

  test('says that it takes nothing more before it ends', async () => {
    const { stores, workers, close } = await startWorkers('wrk_1', 'wrk_2');
    await stores[0]?.stopClaiming();
    await expect.poll(workers).toMatchObject([
      { id: 'wrk_1', slots: '0' },
      { id: 'wrk_2', slots: '8' },
    ]);
    await close();
  });

  test('does not end where the database took no heartbeats for longer than a lease', async () => {
    const { admin, workers, close } = await startWorkers('wrk_1', 'wrk_2');
    const before = await workers();
    await admin.query(`SET application_name = 'admin';
      CREATE FUNCTION take_no_writes() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF current_setting('application_name') = 'admin' THEN RETURN new; END IF;
          RAISE 'taken are no writes' USING ERRCODE = 'read_only_sql_transaction';
        END $$;
      CREATE TRIGGER take_no_writes BEFORE UPDATE ON workers FOR EACH ROW EXECUTE FUNCTION take_no_writes()`);
    await new Promise((resolve) => setTimeout(resolve, 17_000));
    // As if it had lasted for longer.
    await admin.query('UPDATE workers SET heartbeat_at = heartbeat_at - 60000');
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await admin.query('DROP TRIGGER take_no_writes ON workers');
    const beaten =
      'SELECT count(*)::int AS beaten FROM workers WHERE heartbeat_at > extract(epoch FROM now()) * 1000 - 30000';
    await expect.poll(async () => (await admin.query(beaten)).rows).toEqual([{ beaten: 2 }]);
    expect(await workers()).toEqual(before);
    await close();
  });
});

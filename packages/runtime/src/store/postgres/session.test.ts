import { findPostgres, type PostgresServer, startPostgres } from '@runctl/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPostgresStore } from './postgres-store.ts';

const bin = findPostgres();

describe.skipIf(bin === undefined)('the connection that a Postgres store keeps', () => {
  let postgres: PostgresServer;
  const warnings: string[] = [];
  const onWarning = (warning: Error) => warnings.push(warning.message);
  beforeAll(async () => {
    process.on('warning', onWarning);
    postgres = await startPostgres(bin ?? '');
  });
  afterAll(async () => {
    process.off('warning', onWarning);
    await postgres.stop();
  });

  test('is asked for many things at once without a warning of the driver', async () => {
    const url = postgres.createDatabase();
    const stores = [await openPostgresStore({ url }), await openPostgresStore({ url })];
    const [one, other] = stores;
    const heard: string[] = [];
    other?.signals.listen((text) => heard.push(text));
    for (const [index, store] of stores.entries()) {
      store.startClaiming({
        owner: `wrk_${index}`,
        freeSlots: () => 1,
        pick: () => [],
        deliver: () => undefined,
        holds: () => true,
      });
    }
    // The look for lost workers waits here, and what is told meanwhile stands behind it.
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    await admin.query('BEGIN; LOCK TABLE workers IN ACCESS EXCLUSIVE MODE');
    const texts = Array.from({ length: 20 }, (_, index) => `signal ${index}`);
    for (const text of texts) {
      one?.signals.send(text);
      await new Promise((resolve) => setTimeout(resolve, 80));
    }
    await admin.query('COMMIT');
    await admin.end();
    await expect.poll(() => heard).toEqual(texts);
    await Promise.all(stores.map((store) => store.close()));
    expect(warnings).toEqual([]);
  });
});

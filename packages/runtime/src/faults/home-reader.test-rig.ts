import { join } from 'node:path';
import { Kysely, PostgresDialect } from 'kysely';
import { expect } from 'vitest';
import { openPool } from '../store/postgres/pool.ts';
import type { Database } from '../store/schema.ts';
import { openConnection } from '../store/sqlite/connection.ts';
import { queryOver } from '../store/sqlite/dialect.ts';
import { StatementCache } from '../store/sqlite/statement-cache.ts';
import type { Query } from '../store/store.ts';
import { brokenInvariants, type FaultRun } from './invariants.test-rig.ts';

/** Where a runtime keeps its data. */
export type DataPlace = { folder: string } | { databaseUrl: string };

/** Reads what is committed there, past whatever runs on it. */
export async function reading<Result>(place: DataPlace, work: (query: Query) => Promise<Result>): Promise<Result> {
  if ('folder' in place) {
    const connection = openConnection(join(place.folder, 'runctl.db'));
    return work(queryOver(new StatementCache(connection))).finally(() => connection.close());
  }
  const pool = openPool({ url: place.databaseUrl, connections: 1, onError: () => undefined });
  const query = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  return work(query).finally(() => query.destroy());
}

/** Fails the test with every invariant that does not hold there. */
export async function expectInvariants(place: DataPlace, run: FaultRun = {}): Promise<void> {
  expect(await reading(place, (query) => brokenInvariants(query, run))).toEqual([]);
}

import type pg from 'pg';
import { longestOperatorStatementMs } from '../postgres/connection.ts';
import { appliedMigrations, migrate } from '../postgres/migrate.ts';
import { openPool } from '../postgres/pool.ts';
import { unreachable } from '../postgres/postgres-store.ts';
import { raiseTenantWall } from '../postgres/tenant-wall.ts';
import type { MigrateOptions } from '../schema-state.ts';
import { StoreError } from '../store-error.ts';

/** The migrations that a database has. @throws {StoreError} `store.unreachable` */
export function readPostgresSchema(url: string): Promise<string[]> {
  return withPool(url, appliedIn);
}

/** The migrations that the database of a pool has. */
export function appliedIn(pool: pg.Pool): Promise<string[]> {
  return appliedMigrations(pool);
}

/**
 * Brings the schema up to date, and puts new tables behind the wall between tenants: who runs this may be the owner of
 * the tables where the runtimes are not.
 *
 * @throws {StoreError} `store.unreachable`, `store.schema_newer`
 */
export function migratePostgres(url: string, options: MigrateOptions): Promise<void> {
  return withPool(url, async (pool) => {
    await migrate(pool, Date.now(), options);
    await raiseTenantWall(pool);
  });
}

/** A connection for as long as the work takes. @throws {StoreError} `store.unreachable` */
export async function withPool<Result>(url: string, work: (pool: pg.Pool) => Promise<Result>): Promise<Result> {
  const pool = openPool({ url, connections: 1, statementMs: longestOperatorStatementMs, onError: () => undefined });
  try {
    return await work(pool);
  } catch (cause) {
    throw cause instanceof StoreError ? cause : unreachable(cause);
  } finally {
    await pool.end();
  }
}

import type pg from 'pg';
import type { Migration } from '../migrations/index.ts';
import { type MigrateOptions, migrationsToApply, schemaStateOf } from '../schema-state.ts';

/** Any number, the same in every Runctl process: only one of them migrates at a time. */
const migrationLock = 7_282_001;

/** The names of the migrations that a database has, oldest first; none where it is empty. */
export async function appliedMigrations(client: Pick<pg.PoolClient, 'query'>): Promise<string[]> {
  const { rows: tables } = await client.query("SELECT 1 WHERE to_regclass('schema_migrations') IS NOT NULL");
  if (tables.length === 0) return [];
  const { rows } = await client.query<{ name: string }>('SELECT name FROM schema_migrations ORDER BY name');
  return rows.map(({ name }) => name);
}

/**
 * Brings the schema up to date, each migration in a transaction of its own. Processes that start together take turns.
 *
 * @throws {StoreError} `store.schema_newer`, `store.schema_older`
 */
export async function migrate(pool: pg.Pool, now: number, { mode, onApplied }: MigrateOptions = {}): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    for (const migration of migrationsToApply(schemaStateOf(await appliedMigrations(client)), mode)) {
      const startedAt = performance.now();
      await apply(client, migration, now);
      onApplied?.(migration.name, performance.now() - startedAt);
    }
    await client.query('SELECT pg_advisory_unlock($1)', [migrationLock]);
    client.release();
  } catch (error) {
    // The connection may hold the lock or a broken transaction: it goes, and both with it.
    client.release(true);
    throw error;
  }
}

async function apply(client: pg.PoolClient, { name, sql, postgres = '' }: Migration, now: number): Promise<void> {
  await client.query('BEGIN');
  await client.query(
    'CREATE TABLE IF NOT EXISTS schema_migrations (name TEXT PRIMARY KEY, applied_at BIGINT NOT NULL)',
  );
  await client.query(sql + postgres);
  await client.query('INSERT INTO schema_migrations (name, applied_at) VALUES ($1, $2)', [name, now]);
  await client.query('COMMIT');
}

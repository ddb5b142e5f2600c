import type pg from 'pg';
import { migrations } from '../migrations/index.ts';

/** Any number, the same in every Runctl process: only one of them migrates at a time. */
const migrationLock = 7_282_001;

/** Brings the schema up to date, each migration in a transaction of its own. Processes that start together take turns. */
export async function migrate(pool: pg.Pool, now: number): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_migrations (name TEXT PRIMARY KEY, applied_at BIGINT NOT NULL)',
    );
    const { rows } = await client.query<{ name: string }>('SELECT name FROM schema_migrations');
    const applied = new Set(rows.map(({ name }) => name));
    for (const { name, sql, postgres = '' } of migrations) {
      if (applied.has(name)) continue;
      await client.query('BEGIN');
      await client.query(sql + postgres);
      await client.query('INSERT INTO schema_migrations (name, applied_at) VALUES ($1, $2)', [name, now]);
      await client.query('COMMIT');
    }
    await client.query('SELECT pg_advisory_unlock($1)', [migrationLock]);
    client.release();
  } catch (error) {
    // The connection may hold the lock or a broken transaction: it goes, and both with it.
    client.release(true);
    throw error;
  }
}

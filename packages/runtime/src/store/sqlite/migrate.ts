import { type Migration, migrations } from '../migrations/index.ts';
import type { SqliteConnection } from './connection.ts';

/** Brings the schema up to date, each migration in a transaction of its own. */
export function migrate(connection: SqliteConnection, now: number): void {
  connection.exec('CREATE TABLE IF NOT EXISTS schema_migrations (name TEXT PRIMARY KEY, applied_at BIGINT NOT NULL)');
  const applied = new Set(
    (connection.prepare('SELECT name FROM schema_migrations').all() as { name: string }[]).map(({ name }) => name),
  );
  for (const migration of migrations) {
    if (!applied.has(migration.name)) apply(connection, migration, now);
  }
}

function apply(connection: SqliteConnection, { name, sql, sqlite = '' }: Migration, now: number): void {
  connection.exec('BEGIN IMMEDIATE');
  try {
    connection.exec(sql + sqlite);
    connection.prepare('INSERT INTO schema_migrations (name, applied_at) VALUES (?, ?)').run(name, now);
    connection.exec('COMMIT');
  } catch (cause) {
    connection.exec('ROLLBACK');
    throw cause;
  }
}

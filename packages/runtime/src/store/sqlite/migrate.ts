import type { Migration } from '../migrations/index.ts';
import { type MigrateOptions, migrationsToApply, schemaStateOf } from '../schema-state.ts';
import type { SqliteConnection } from './connection.ts';

/** The names of the migrations that a database has, oldest first; none where it is empty. */
export function appliedMigrations(connection: SqliteConnection): string[] {
  const tables = connection.prepare("SELECT name FROM sqlite_master WHERE name = 'schema_migrations'").all();
  if (tables.length === 0) return [];
  const rows = connection.prepare('SELECT name FROM schema_migrations ORDER BY name').all() as { name: string }[];
  return rows.map(({ name }) => name);
}

/**
 * Brings the schema up to date, each migration in a transaction of its own.
 *
 * @throws {StoreError} `store.schema_newer`, `store.schema_older`
 */
export function migrate(connection: SqliteConnection, now: number, { mode, onApplied }: MigrateOptions = {}): void {
  const pending = migrationsToApply(schemaStateOf(appliedMigrations(connection)), mode);
  connection.exec('CREATE TABLE IF NOT EXISTS schema_migrations (name TEXT PRIMARY KEY, applied_at BIGINT NOT NULL)');
  for (const migration of pending) {
    const startedAt = performance.now();
    apply(connection, migration, now);
    onApplied?.(migration.name, performance.now() - startedAt);
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

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { KyselyPlugin } from 'kysely';
import { migrationsToApply, schemaStateOf } from '../schema-state.ts';
import { openConnection, type SqliteConnection } from '../sqlite/connection.ts';
import { queryOver } from '../sqlite/dialect.ts';
import { appliedMigrations } from '../sqlite/migrate.ts';
import { StatementCache } from '../sqlite/statement-cache.ts';
import { StoreError } from '../store-error.ts';
import { accountsOnly, type OperatorHome, quoted, rowsAtOnce } from './operator-home.ts';

/**
 * A folder, beside the runtime that may be running on it: SQLite's own locks make the two take turns.
 *
 * @throws {StoreError} `store.missing`, `store.schema_older`, `store.schema_newer`
 */
export function openSqliteOperatorHome(folder: string, plugins: KyselyPlugin[] = []): OperatorHome {
  const connection = openConnection(existingDatabase(folder));
  try {
    migrationsToApply(schemaStateOf(appliedMigrations(connection)), 'refuse');
  } catch (error) {
    connection.close();
    throw error;
  }
  // What is deleted here is meant to be gone, not left in free pages.
  connection.exec('PRAGMA secure_delete = ON');
  return homeOver(connection, plugins);
}

/** The file of the database. @throws {StoreError} `store.missing` */
export function existingDatabase(folder: string): string {
  const file = join(folder, 'runctl.db');
  if (existsSync(file)) return file;
  throw new StoreError(
    'store.missing',
    `${folder} holds no data of Runctl. Name its folder with --data, or make one with runctl dev.`,
  );
}

function homeOver(connection: SqliteConnection, plugins: KyselyPlugin[]): OperatorHome {
  const statements = new StatementCache(connection);
  const query = queryOver(statements, plugins);
  const inTransaction = async <Result>(work: () => Promise<Result> | Result): Promise<Result> => {
    connection.exec('BEGIN IMMEDIATE');
    try {
      const result = await work();
      connection.exec('COMMIT');
      return result;
    } catch (error) {
      connection.exec('ROLLBACK');
      throw error;
    }
  };
  return {
    kind: 'sqlite',
    query,
    write: (work) => inTransaction(() => work(accountsOnly(query))),
    tenantTables: async () => tenantTables(connection),
    countRows: async (table, tenantId) => {
      const counted = statements.all<{ count: number }>(
        `SELECT count(*) AS count FROM ${quoted(table)} WHERE tenant_id = ?`,
        [tenantId],
      );
      return Number(counted[0]?.count ?? 0);
    },
    deleteRows: (table, tenantId) =>
      inTransaction(() => withoutGuards(connection, table, () => deleteSome(connection, table, tenantId))),
    close: async () => connection.close(),
  };
}

function tenantTables(connection: SqliteConnection): string[] {
  const rows = connection
    .prepare(
      `SELECT tables.name AS name FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns
       WHERE tables.type = 'table' AND columns.name = 'tenant_id' ORDER BY tables.name`,
    )
    .all() as { name: string }[];
  return rows.map(({ name }) => name);
}

function deleteSome(connection: SqliteConnection, table: string, tenantId: string): number {
  const name = quoted(table);
  const some = `SELECT rowid FROM ${name} WHERE tenant_id = ? LIMIT ${rowsAtOnce}`;
  return Number(connection.prepare(`DELETE FROM ${name} WHERE rowid IN (${some})`).run(tenantId).changes);
}

/** Without the triggers that keep rows of a table from being deleted; they are back when the transaction ends. */
function withoutGuards<Result>(connection: SqliteConnection, table: string, work: () => Result): Result {
  const guards = connection
    .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?")
    .all(table) as { name: string; sql: string }[];
  for (const { name } of guards) connection.exec(`DROP TRIGGER ${quoted(name)}`);
  const result = work();
  for (const { sql } of guards) connection.exec(sql);
  return result;
}

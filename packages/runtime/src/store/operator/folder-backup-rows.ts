import { openToRead, type SqliteConnection } from '../sqlite/connection.ts';
import { appliedMigrations } from '../sqlite/migrate.ts';
import { StoreError } from '../store-error.ts';
import { backupFailed, messageOf } from './backup.ts';
import { integrityProblems } from './backup-folder.ts';
import { type BackupRow, type BackupRows, type OnlyRows, rowsInBite } from './backup-rows.ts';
import { quoted } from './operator-home.ts';

/** Opens the backup of a folder. @throws {StoreError} `store.backup_failed` - it is none, or is damaged */
export function openFolderBackup(file: string): BackupRows {
  let connection: SqliteConnection | undefined;
  try {
    connection = openToRead(file);
    const problems = integrityProblems(connection);
    if (problems.length > 0) throw backupFailed(`${file} is damaged: ${problems.join('; ')}.`);
    const schema = appliedMigrations(connection);
    if (schema.length === 0) throw backupFailed(`${file} is no backup of Runctl.`);
    const opened = connection;
    return { schema, rows: (table, only) => readRows(opened, table, only), close: () => opened.close() };
  } catch (cause) {
    connection?.close();
    if (cause instanceof StoreError) throw cause;
    throw backupFailed(`${file} is no backup of Runctl: ${messageOf(cause)}.`, cause);
  }
}

type NumberedRow = BackupRow & { backup_place: number };

/** Along the table, bite by bite. By no index: one on the tenant would have every bite sort all that is the tenant's. */
async function* readRows(
  connection: SqliteConnection,
  table: string,
  only?: OnlyRows,
): AsyncIterable<readonly BackupRow[]> {
  const condition = only === undefined ? '' : `AND +${quoted(only.column)} = ?`;
  const select = connection.prepare(
    `SELECT rowid AS backup_place, * FROM ${quoted(table)}
     WHERE rowid > ? ${condition} ORDER BY rowid LIMIT ${rowsInBite}`,
  );
  for (let after = 0; ; ) {
    const rows = select.all(after, ...(only === undefined ? [] : [only.is])) as NumberedRow[];
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.backup_place;
    yield rows.map(({ backup_place, ...row }) => row);
  }
}

import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { migrationsToApply, schemaStateOf } from '../schema-state.ts';
import { openConnection, type SqliteConnection } from '../sqlite/connection.ts';
import { lockFolder, ownFile } from '../sqlite/folder.ts';
import { appliedMigrations } from '../sqlite/migrate.ts';
import { StoreError } from '../store-error.ts';
import { type Backup, backupFailed, messageOf, refuseExisting, syncPath } from './backup.ts';
import { existingDatabase } from './sqlite-operator-home.ts';

/**
 * Writes one consistent file of what is committed when it begins, while a runtime goes on writing. The file is whole and
 * on the disk when it has its name; until then it has another.
 *
 * @throws {StoreError} `store.missing`, `store.backup_failed` - the file is there already, or the disk is full
 */
export function backUpFolder(folder: string, file: string): Backup {
  const database = existingDatabase(folder);
  refuseExisting(file);
  const partial = `${file}.partial`;
  rmSync(partial, { force: true });
  try {
    // Made before it holds anything: its owner alone may read it.
    ownFile(dirname(partial), basename(partial));
    vacuumInto(database, partial);
    const backup = checkBackup(partial);
    syncPath(partial);
    renameSync(partial, file);
    syncPath(dirname(file));
    return backup;
  } catch (cause) {
    throw cause instanceof StoreError
      ? cause
      : backupFailed(`The backup could not be written: ${messageOf(cause)}.`, cause);
  } finally {
    rmSync(partial, { force: true });
  }
}

/** Reads in one transaction: what is committed meanwhile waits in the log and is not in it. */
function vacuumInto(database: string, file: string): void {
  const connection = openConnection(database);
  try {
    connection.prepare('VACUUM INTO ?').run(file);
  } finally {
    connection.close();
  }
}

/**
 * Looks through a file that should be a backup.
 *
 * @throws {StoreError} `store.backup_failed` - it is none, or is damaged; `store.schema_newer`
 */
export function checkBackup(file: string, shownAs = file): Backup {
  if (!existsSync(file)) throw backupFailed(`There is no file ${shownAs}.`);
  let connection: SqliteConnection | undefined;
  try {
    connection = openConnection(file);
    // The copy is no database of anybody yet: without this, looking at it would leave two more files beside it.
    connection.exec('PRAGMA journal_mode = DELETE');
    const problems = integrityProblems(connection);
    if (problems.length > 0) throw backupFailed(`${shownAs} is damaged: ${problems.join('; ')}.`);
    const schema = appliedMigrations(connection);
    if (schema.length === 0) throw backupFailed(`${shownAs} is no backup of Runctl.`);
    migrationsToApply(schemaStateOf(schema));
    return { bytes: statSync(file).size, schema };
  } catch (cause) {
    throw cause instanceof StoreError
      ? cause
      : backupFailed(`${shownAs} is no backup of Runctl: ${messageOf(cause)}.`, cause);
  } finally {
    connection?.close();
  }
}

/** What SQLite finds wrong with a database; nothing where it is sound. */
export function integrityProblems(connection: SqliteConnection): string[] {
  const rows = connection.prepare('PRAGMA quick_check').all() as { quick_check: string }[];
  return rows.map((row) => row.quick_check).filter((text) => text !== 'ok');
}

/**
 * Puts a backup into a folder that holds no data yet. A runtime that starts there goes on as after a crash at the moment
 * when the backup began.
 *
 * @throws {StoreError} `store.backup_failed` - the folder has data, the file is none or damaged; `store.locked`;
 *   `store.schema_newer`
 */
export async function restoreFolder(file: string, folder: string): Promise<Backup> {
  if (existsSync(join(folder, 'runctl.db'))) {
    throw backupFailed(`${folder} holds data already. Name an empty folder with --data, or move that one away.`);
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = lockFolder(folder);
  const partial = join(folder, 'runctl.db.partial');
  try {
    if (!existsSync(file)) throw backupFailed(`There is no file ${file}.`);
    ownFile(folder, 'runctl.db.partial');
    await copyFile(file, partial);
    const backup = checkBackup(partial, file);
    syncPath(partial);
    renameSync(partial, join(folder, 'runctl.db'));
    syncPath(folder);
    return backup;
  } catch (cause) {
    throw cause instanceof StoreError
      ? cause
      : backupFailed(`The backup could not be restored: ${messageOf(cause)}.`, cause);
  } finally {
    rmSync(partial, { force: true });
    lock.close();
  }
}

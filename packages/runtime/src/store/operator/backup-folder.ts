import { existsSync, mkdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { damagedStore } from '../damaged-store.ts';
import { migrationsToApply, schemaStateOf } from '../schema-state.ts';
import { openConnection, type SqliteConnection } from '../sqlite/connection.ts';
import { lockFolder, ownFile } from '../sqlite/folder.ts';
import { appliedMigrations } from '../sqlite/migrate.ts';
import { StoreError } from '../store-error.ts';
import { type Backup, backupFailed, checkNewFile, messageOf, syncPath } from './backup.ts';
import { existingDatabase } from './sqlite-operator-home.ts';

/**
 * Writes one consistent file of what is committed when it begins, while a runtime goes on writing. The file is whole and
 * on the disk when it has its name; until then it has another.
 *
 * @throws {StoreError} `store.missing`, `store.backup_failed` - the file is there already, or the disk is full
 */
export function backUpFolder(folder: string, file: string): Backup {
  const database = existingDatabase(folder);
  checkNewFile(file);
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
      : (damagedStore(cause) ?? backupFailed(`The backup could not be written: ${messageOf(cause)}.`, cause));
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

/** What a database in a folder consists of. A log or a journal without its database is one too: SQLite would replay it. */
const databaseFiles = ['runctl.db', 'runctl.db-wal', 'runctl.db-shm', 'runctl.db-journal'] as const;
const partialName = 'runctl.db.partial';

/**
 * Puts a backup into a folder that holds no data yet. A runtime that starts there goes on as after a crash at the moment
 * when the backup began. Where it fails, the folder is as it was.
 *
 * @throws {StoreError} `store.backup_failed` - the folder has data, the file is none or damaged; `store.locked`;
 *   `store.schema_newer`
 */
export async function restoreFolder(file: string, folder: string): Promise<Backup> {
  refuseData(folder);
  if (!existsSync(file)) throw backupFailed(`There is no file ${file}.`);
  const firstMade = mkdirSync(folder, { recursive: true, mode: 0o700 });
  const isLockNew = !existsSync(join(folder, 'runctl.lock'));
  const lock = lockFolder(folder);
  let isDone = false;
  try {
    // Once more: until the lock was there, a runtime may have begun on the folder and ended.
    refuseData(folder);
    const backup = await putInPlace(file, folder);
    isDone = true;
    return backup;
  } catch (cause) {
    throw cause instanceof StoreError
      ? cause
      : backupFailed(`The backup could not be restored: ${messageOf(cause)}.`, cause);
  } finally {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(join(folder, partialName + end), { force: true });
    // Before it is let go: nobody may take a lock that is about to lose its name.
    if (!isDone && isLockNew) rmSync(join(folder, 'runctl.lock'), { force: true });
    lock.close();
    if (!isDone && firstMade !== undefined) removeEmptyFolders(folder, firstMade);
  }
}

function refuseData(folder: string): void {
  const found = databaseFiles.filter((name) => existsSync(join(folder, name)));
  if (found.length === 0) return;
  throw backupFailed(
    `${folder} holds data already: ${found.join(', ')}. Name an empty folder with --data, or move all of these away, together.`,
  );
}

async function putInPlace(file: string, folder: string): Promise<Backup> {
  const partial = join(folder, partialName);
  ownFile(folder, partialName);
  await copyFile(file, partial);
  const backup = checkBackup(partial, file);
  syncPath(partial);
  renameSync(partial, join(folder, 'runctl.db'));
  syncPath(folder);
  return backup;
}

/** From the innermost to the outermost; what somebody has put something into stays. */
function removeEmptyFolders(innermost: string, outermost: string): void {
  try {
    for (let folder = innermost; ; folder = dirname(folder)) {
      rmdirSync(folder);
      if (folder === outermost) return;
    }
  } catch {
    // Not empty.
  }
}

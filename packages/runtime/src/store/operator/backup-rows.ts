import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { backupFailed } from './backup.ts';

/** A row as a backup has it, by column. From Postgres numbers are texts, which both homes take for what they are. */
export type BackupRow = Readonly<Record<string, string | number | null>>;

/** Whose rows are meant. */
export interface OnlyRows {
  column: string;
  is: string;
}

/** What is in a backup, table by table. */
export interface BackupRows {
  /** Migrations that it has. */
  readonly schema: readonly string[];
  /** Rows of a table, some at a time. @throws {StoreError} `store.backup_failed` - the file is damaged */
  rows(table: string, only?: OnlyRows): AsyncIterable<readonly BackupRow[]>;
  close(): void;
}

/** Rows that are read, and written, at once. */
export const rowsInBite = 500;

const beginnings = { folder: 'SQLite format 3\0', postgres: 'PGDMP' } as const;

/**
 * Opens a backup to read it; the file stays as it is. Which home it is of, its first bytes say.
 *
 * @throws {StoreError} `store.backup_failed` - there is no such file, or it is no backup, or damaged
 */
export async function openBackup(file: string): Promise<BackupRows> {
  if (!existsSync(file)) throw backupFailed(`There is no file ${file}.`);
  const beginning = await firstBytes(file, beginnings.folder.length);
  if (beginning === beginnings.folder) return (await import('./folder-backup-rows.ts')).openFolderBackup(file);
  if (beginning.startsWith(beginnings.postgres)) {
    return (await import('./postgres-backup-rows.ts')).openPostgresBackup(file);
  }
  throw backupFailed(`${file} is no backup of Runctl.`);
}

async function firstBytes(file: string, count: number): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

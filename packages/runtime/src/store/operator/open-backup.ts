import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { backupFailed } from './backup.ts';
import type { BackupRows } from './backup-rows.ts';

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

import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from '../store-error.ts';

/** A file that holds all of a home. */
export interface Backup {
  bytes: number;
  /** Migrations that it has. */
  schema: readonly string[];
}

/** What went wrong with a backup. */
export function backupFailed(message: string, cause?: unknown): StoreError {
  return new StoreError('store.backup_failed', message, cause === undefined ? undefined : { cause });
}

/**
 * Makes sure that a new file can be made there: never over what may be the last good backup.
 *
 * @throws {StoreError} `store.backup_failed`
 */
export function checkNewFile(file: string): void {
  const folder = dirname(file);
  if (!existsSync(folder)) throw backupFailed(`There is no folder ${folder}. Make it first: mkdir -p ${folder}`);
  if (existsSync(file)) throw backupFailed(`${file} is there already. Name another file, or move it away.`);
}

/** Sees a file, or the entries of a folder, onto the disk. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** The words of an error, whatever it is. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../store-error.ts';
import { lockFile, type SqliteConnection } from './connection.ts';

/**
 * Takes a folder for this process; closing what is returned lets go of it, and so does the end of the process.
 *
 * @throws {StoreError} `store.locked` - another process has it
 */
export function lockFolder(folder: string): SqliteConnection {
  const lock = lockFile(ownFile(folder, 'runctl.lock'));
  if (lock !== undefined) return lock;
  throw new StoreError(
    'store.locked',
    `Another Runctl process uses ${folder}. Stop it, or give this one another folder with --data.`,
  );
}

/** A file that its owner alone may read, from its first byte on; SQLite gives its log the same mode. */
export function ownFile(folder: string, name: string): string {
  const file = join(folder, name);
  closeSync(openSync(file, 'a', 0o600));
  return file;
}

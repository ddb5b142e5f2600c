import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type SchemaState, schemaStateOf } from '../schema-state.ts';
import { openConnection } from '../sqlite/connection.ts';
import { lockFolder } from '../sqlite/folder.ts';
import { appliedMigrations } from '../sqlite/migrate.ts';
import { integrityProblems } from './backup-folder.ts';

/** What there is to know of a folder without changing it. */
export interface FolderFacts {
  exists: boolean;
  isWritable: boolean;
  /** Whether others than its owner may look into it. */
  isOpenToOthers: boolean;
  /** A runtime runs on it. */
  isInUse: boolean;
  /** On its disk, for this user. */
  freeBytes: number;
  /** Undefined where it holds no data. */
  database?: {
    /** With its log. */
    bytes: number;
    schema: SchemaState;
    problems: string[];
  };
}

/** Looks at a folder; a runtime may be running on it. */
export function inspectFolder(folder: string): FolderFacts {
  const exists = existsSync(folder);
  const nearest = nearestFolder(folder);
  const disk = statfsSync(nearest);
  const facts = {
    exists,
    isWritable: isWritable(nearest),
    isOpenToOthers: exists && process.platform !== 'win32' && (statSync(folder).mode & 0o077) !== 0,
    isInUse: existsSync(join(folder, 'runctl.lock')) && isLocked(folder),
    freeBytes: disk.bavail * disk.bsize,
  };
  const file = join(folder, 'runctl.db');
  return existsSync(file) ? { ...facts, database: inspectDatabase(file) } : facts;
}

function inspectDatabase(file: string) {
  // What was written last may stand in the log alone.
  const bytes = [file, `${file}-wal`].reduce((sum, name) => sum + (existsSync(name) ? statSync(name).size : 0), 0);
  try {
    const connection = openConnection(file);
    try {
      return { bytes, schema: schemaStateOf(appliedMigrations(connection)), problems: integrityProblems(connection) };
    } finally {
      connection.close();
    }
  } catch (error) {
    return { bytes, schema: schemaStateOf([]), problems: [error instanceof Error ? error.message : String(error)] };
  }
}

function nearestFolder(folder: string): string {
  let nearest = resolve(folder);
  while (!existsSync(nearest)) nearest = dirname(nearest);
  return nearest;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isLocked(folder: string): boolean {
  try {
    lockFolder(folder).close();
    return false;
  } catch {
    return true;
  }
}

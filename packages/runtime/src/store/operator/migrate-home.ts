import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MigrateOptions, migrationsToApply, type SchemaState, schemaStateOf } from '../schema-state.ts';
import { openConnection } from '../sqlite/connection.ts';
import { lockFolder, ownFile } from '../sqlite/folder.ts';
import { appliedMigrations, migrate } from '../sqlite/migrate.ts';
import { existingDatabase } from './sqlite-operator-home.ts';

/** Where the data is. */
type Location = { folder: string } | { databaseUrl: string };

/**
 * How the schema of a home stands; nothing is changed.
 *
 * @throws {StoreError} `store.missing`, `store.unreachable`, `store.schema_newer`
 */
export async function readSchema(location: Location): Promise<SchemaState> {
  const state = schemaStateOf(await readApplied(location));
  migrationsToApply(state);
  return state;
}

async function readApplied(location: Location): Promise<string[]> {
  if ('databaseUrl' in location) return (await postgres()).readPostgresSchema(location.databaseUrl);
  const connection = openConnection(existingDatabase(location.folder));
  try {
    return appliedMigrations(connection);
  } finally {
    connection.close();
  }
}

/** How long another process that migrates the folder is waited for, milliseconds; a runtime keeps it longer. */
const lockWaitMs = 10_000;
const lockPauseMs = 50;

/**
 * Brings the schema of a home up to date, or makes it. Processes that do so at once take turns.
 *
 * @throws {StoreError} `store.locked` - a runtime runs on the folder; `store.unreachable`, `store.schema_newer`
 */
export async function migrateHome(location: Location, options: MigrateOptions): Promise<void> {
  if ('databaseUrl' in location) return (await postgres()).migratePostgres(location.databaseUrl, options);
  const { folder } = location;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = await lockInTurn(folder);
  try {
    const connection = openConnection(ownFile(folder, 'runctl.db'));
    try {
      migrate(connection, Date.now(), options);
    } finally {
      connection.close();
    }
  } finally {
    lock.close();
  }
}

async function lockInTurn(folder: string) {
  const until = performance.now() + lockWaitMs;
  for (;;) {
    try {
      return lockFolder(folder);
    } catch (error) {
      if (performance.now() >= until) throw error;
      await sleep(lockPauseMs);
    }
  }
}

function postgres() {
  return import('./migrate-postgres.ts');
}

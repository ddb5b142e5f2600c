import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type pg from 'pg';
import { migrationsToApply, schemaStateOf } from '../schema-state.ts';
import { ownFile } from '../sqlite/folder.ts';
import { type Backup, backupFailed, checkNewFile, syncPath } from './backup.ts';
import { appliedIn, withPool } from './migrate-postgres.ts';
import { runProgram } from './postgres-program.ts';

/**
 * Writes a consistent dump by `pg_dump`, while runtimes go on. Grants stay behind: they name roles of this server alone,
 * and a start of a runtime gives them anew.
 *
 * @throws {StoreError} `store.backup_failed` - no `pg_dump` on the PATH: the message has the command; `store.unreachable`
 */
export async function backUpPostgres(url: string, file: string): Promise<Backup> {
  checkNewFile(file);
  const schema = await withPool(url, appliedIn);
  if (schema.length === 0) throw backupFailed('The database holds no data of Runctl.');
  // Where policies bind the owner too, they hide nothing while no tenant is named; pg_dump has to be told to trust them.
  const isForced = await withPool(url, isRowSecurityForced);
  const partial = `${file}.partial`;
  rmSync(partial, { force: true });
  ownFile(dirname(partial), basename(partial));
  try {
    const asWhom = ['--no-owner', '--no-privileges', ...(isForced ? ['--enable-row-security'] : [])];
    await runProgram('pg_dump', ['--format=custom', ...asWhom, `--file=${partial}`], url);
    syncPath(partial);
    renameSync(partial, file);
    syncPath(dirname(file));
    return { bytes: statSync(file).size, schema };
  } finally {
    rmSync(partial, { force: true });
  }
}

/**
 * Puts a dump into an empty database by `pg_restore`, all of it or nothing.
 *
 * @throws {StoreError} `store.backup_failed` - the database has data, or the file is no dump; `store.schema_newer`;
 *   `store.unreachable`
 */
export async function restorePostgres(file: string, url: string): Promise<Backup> {
  if (!existsSync(file)) throw backupFailed(`There is no file ${file}.`);
  if ((await withPool(url, appliedIn)).length > 0) {
    throw backupFailed('The database holds data already. Name an empty one with --database-url.');
  }
  const rows = await runProgram('pg_restore', ['--data-only', '--table=schema_migrations', '--file=-', file]);
  const schema = [...rows.matchAll(/^(\d{4}-[\w-]+)\t/gm)].map(([, name = '']) => name);
  if (schema.length === 0) throw backupFailed(`${file} is no backup of Runctl.`);
  migrationsToApply(schemaStateOf(schema));
  await runProgram(
    'pg_restore',
    ['--single-transaction', '--exit-on-error', '--no-owner', '--no-privileges', file],
    url,
  );
  return { bytes: statSync(file).size, schema };
}

async function isRowSecurityForced(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query("SELECT 1 FROM pg_class WHERE oid = to_regclass('tasks') AND relforcerowsecurity");
  return rows.length > 0;
}

import { spawn } from 'node:child_process';
import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type pg from 'pg';
import { migrationsToApply, schemaStateOf } from '../schema-state.ts';
import { ownFile } from '../sqlite/folder.ts';
import { type Backup, backupFailed, checkNewFile, syncPath } from './backup.ts';
import { appliedIn, withPool } from './migrate-postgres.ts';

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
    await run(url, 'pg_dump', [
      ...['--format=custom', '--no-owner', '--no-privileges', ...(isForced ? ['--enable-row-security'] : [])],
      `--file=${partial}`,
    ]);
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
  const rows = await run(undefined, 'pg_restore', ['--data-only', '--table=schema_migrations', '--file=-', file]);
  const schema = [...rows.matchAll(/^(\d{4}-[\w-]+)\t/gm)].map(([, name = '']) => name);
  if (schema.length === 0) throw backupFailed(`${file} is no backup of Runctl.`);
  migrationsToApply(schemaStateOf(schema));
  await run(url, 'pg_restore', ['--single-transaction', '--exit-on-error', '--no-owner', '--no-privileges', file]);
  return { bytes: statSync(file).size, schema };
}

async function isRowSecurityForced(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query("SELECT 1 FROM pg_class WHERE oid = to_regclass('tasks') AND relforcerowsecurity");
  return rows.length > 0;
}

/** Runs a program of Postgres. The password goes by the environment: others can read a command line. */
async function run(url: string | undefined, program: string, options: readonly string[]): Promise<string> {
  const { password, address } = url === undefined ? {} : withoutPassword(url);
  const args = [...options, ...(address === undefined ? [] : [`--dbname=${address}`])];
  const env = password === undefined ? process.env : { ...process.env, PGPASSWORD: password };
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    output += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    errors += String(chunk);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', (cause) => {
      const shown = [password === undefined ? [] : ['PGPASSWORD=...'], program, ...args.map(quotedForShell)].flat();
      reject(
        backupFailed(
          `${program} cannot be run (${cause.message}). It comes with Postgres; where it is installed, run\n  ${shown.join(' ')}`,
          cause,
        ),
      );
    });
  });
  if (code === 0) return output;
  throw backupFailed(`${program} ended with exit code ${code}: ${errors.trim()}`);
}

function withoutPassword(url: string): { address: string; password: string | undefined } {
  const parsed = new URL(url);
  const password = parsed.password === '' ? undefined : decodeURIComponent(parsed.password);
  parsed.password = '';
  return { address: parsed.href, password };
}

function quotedForShell(text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

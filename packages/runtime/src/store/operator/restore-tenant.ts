import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { isPostgres, rowInserter } from '../in-list.ts';
import { sealedColumns } from '../sealed-columns.ts';
import { type SecretBox, withoutKey } from '../secret-box.ts';
import type { Query, WriteTransaction } from '../store.ts';
import { StoreError } from '../store-error.ts';
import { backupFailed, messageOf } from './backup.ts';
import type { BackupRow, BackupRows } from './backup-rows.ts';
import { settleMs } from './delete-tenant.ts';
import type { OperatorHome } from './operator-home.ts';
import { settleAsAfterCrash } from './settle-restored.ts';

// One tenant out of a backup, into a home that others go on using.
//
//   absent ----------------------------------------------------------------> one transaction --> there, as in the backup
//   there --replace--> suspended, 2 s until nobody works for it any more --> one transaction --> there, its work as then
//
// The transaction removes and adds all rows, so whatever ends the process leaves nothing done or everything; in the
// second case the tenant may be left suspended, else as it was.

/**
 * What a replacement leaves as it is now, beside the row of the tenant: who may do what, what has been told of money,
 * and what was done. To take these back would let in whoever has been shut out since, or bill twice.
 */
export const stayWhenReplaced: ReadonlySet<string> = new Set([
  'api_keys',
  'audit_log',
  'billing_accounts',
  'invites',
  'members',
  'threshold_alerts',
]);

/** What processes write of what they do right now; those of the backup do it no more. */
export const ofProcesses: ReadonlySet<string> = new Set(['instances', 'tree_calls']);

/** What is restored, and how. */
export interface TenantRestore {
  tenantId: string;
  /** Puts it in the place of the tenant that is there. Else that is refused. */
  replace: boolean;
  /** Opens what is sealed in the backup, and seals it here. */
  secrets: SecretBox | undefined;
  now: () => number;
  /** Called within the transaction, once all is there. */
  note: (transaction: WriteTransaction) => Promise<void>;
  /** Told of each table that has rows of the tenant. */
  onProgress?: (table: string, rows: number) => void;
}

/** What has come of it. */
export interface RestoredTenant {
  tenantId: string;
  name: string;
  status: string;
  rows: number;
  /** Tasks that ran at the time of the backup, queued again. */
  requeuedTasks: number;
  replaced: boolean;
}

interface FoundTenant {
  name: string;
  status: string;
}

/**
 * Restores one tenant. What is of other tenants is not touched; runtimes may be at work.
 *
 * @throws {StoreError} `store.backup_failed` - the tenant is not in the backup, or is there already; the schemas differ; a
 *   row of it is there already under another tenant
 * @throws {SealedForAnother} Its secrets are sealed with a key that is not there.
 */
export async function restoreTenant(
  home: OperatorHome,
  backup: BackupRows,
  restore: TenantRestore,
): Promise<RestoredTenant> {
  const { tenantId, replace, secrets, now } = restore;
  await checkSchema(home, backup);
  const saved = await readSaved(backup, tenantId);
  const present = await readPresent(home.query, tenantId);
  if (present !== undefined && !replace) throw isThere(tenantId, present);
  await checkSecrets(backup, tenantId, secrets);
  const tables = (await home.tenantTables()).filter(
    (table) => !ofProcesses.has(table) && !(present !== undefined && stayWhenReplaced.has(table)),
  );
  if (present !== undefined) await suspend(home, tenantId, now());
  const attempt = () =>
    home.write(async (transaction) => {
      const { query } = transaction;
      // The rows come from a file, which may keep the transaction waiting longer than a runtime may.
      if (isPostgres(query)) await sql`SET LOCAL idle_in_transaction_session_timeout = 0`.execute(query);
      await removeRows(query, [...tables, ...ofProcesses], tenantId);
      // Once more: who held a row when it was to be removed may have added others, and nobody holds one any more.
      await removeRows(query, [...tables, ...ofProcesses], tenantId);
      const place = { backup, tenantId, secrets, onProgress: restore.onProgress ?? (() => undefined) };
      let rows = 0;
      if (present === undefined) rows += await addRows(query, 'tenants', place);
      for (const table of outboxLast(tables)) {
        // What the events that came back have just put there once more.
        if (table === 'outbox') await removeRows(query, [table], tenantId);
        rows += await addRows(query, table, place);
      }
      const requeuedTasks = await settleAsAfterCrash(query, { tenantId, isBack: present === undefined, now: now() });
      const { name, status } = present ?? saved;
      if (present !== undefined) await setStatus(query, tenantId, status, now());
      await restore.note(transaction);
      return { tenantId, name, status, rows, requeuedTasks, replaced: present !== undefined };
    });
  try {
    return await repeated(attempt);
  } catch (cause) {
    if (present !== undefined) await home.write(({ query }) => setStatus(query, tenantId, present.status, now()));
    if (cause instanceof StoreError) throw cause;
    throw backupFailed(`The restore failed: ${messageOf(cause)}. It is done whole or not at all.`, cause);
  }
}

/** A transaction that runtimes got in the way of is undone whole, and made again. */
async function repeated<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      // A deadlock, or a row that was added just now.
      if (tries === mostTries || (code !== '40P01' && code !== '23505')) throw error;
      await sleep(pauseMs);
    }
  }
}

const mostTries = 5;
const pauseMs = 500;

/** Rows of another schema would lack what this one needs, or have what it does not know. */
async function checkSchema(home: OperatorHome, { schema }: BackupRows): Promise<void> {
  const { rows } = await sql<{ name: string }>`SELECT name FROM schema_migrations`.execute(home.query);
  const here = new Set(rows.map(({ name }) => name));
  const newer = schema.filter((name) => !here.has(name));
  if (newer.length > 0) {
    throw backupFailed(
      `The backup is of a newer schema, with ${newer.join(', ')}. Bring this home up to it first: runctl migrate, by the version that made the backup.`,
    );
  }
  const missing = [...here].filter((name) => !schema.includes(name)).sort();
  if (missing.length === 0) return;
  throw backupFailed(
    `The backup is of an older schema, without ${missing.join(', ')}. Make a newer backup of it: runctl restore it whole into an empty folder or database, runctl migrate that, and runctl backup it.`,
  );
}

async function readSaved(backup: BackupRows, tenantId: string): Promise<FoundTenant> {
  const others: string[] = [];
  for await (const rows of backup.rows('tenants')) {
    for (const { id, name, status } of rows) {
      if (id === tenantId) return { name: String(name), status: String(status) };
      others.push(`${id} (${name})`);
    }
  }
  const listed = [...others.slice(0, mostListed), ...(others.length > mostListed ? ['...'] : [])].join(', ');
  throw backupFailed(`The backup has no tenant ${tenantId}. It has ${others.length === 0 ? 'none' : listed}.`);
}

const mostListed = 20;

async function readPresent(query: Query, tenantId: string): Promise<FoundTenant | undefined> {
  return query.selectFrom('tenants').select(['name', 'status']).where('id', '=', tenantId).executeTakeFirst();
}

function isThere(tenantId: string, { name }: FoundTenant): StoreError {
  return backupFailed(
    `${name} (${tenantId}) is there already. Add --replace to put its agents, tasks and all else back as they were in the backup, or delete it first: runctl tenants delete ${tenantId}`,
  );
}

/** Before anything is changed: later it would be too late to find out that a secret cannot be read. */
async function checkSecrets(backup: BackupRows, tenantId: string, secrets: SecretBox | undefined): Promise<void> {
  for (const table of ['tenants', 'webhooks'] as const) {
    for await (const rows of ownRows(backup, table, tenantId)) for (const row of rows) resealed(table, row, secrets);
  }
}

function ownRows(backup: BackupRows, table: string, tenantId: string): AsyncIterable<readonly BackupRow[]> {
  return backup.rows(table, { column: table === 'tenants' ? 'id' : 'tenant_id', is: tenantId });
}

/** With its secrets sealed by the key of this home. */
function resealed(table: string, row: BackupRow, secrets: SecretBox | undefined): BackupRow {
  const box = secrets ?? withoutKey;
  const changed = sealedColumns.flatMap(({ table: owner, column }) => {
    const stored = owner === table ? row[column] : null;
    return typeof stored === 'string' ? [[column, box.seal(box.open(stored))] as const] : [];
  });
  return changed.length === 0 ? row : { ...row, ...Object.fromEntries(changed) };
}

/** Nothing new begins, tasks are let go of after their step, and what a request has begun ends meanwhile. */
async function suspend(home: OperatorHome, tenantId: string, now: number): Promise<void> {
  await home.write(({ query }) => setStatus(query, tenantId, 'suspended', now));
  await sleep(settleMs);
}

async function setStatus(query: Query, tenantId: string, status: string, now: number): Promise<void> {
  await sql`UPDATE tenants SET status = ${status}, updated_at = ${now} WHERE id = ${tenantId}`.execute(query);
}

/** What is there already stays: of a log that only grows, and of hours that were just noticed while their rows came or went. */
const conflicts = new Map(['audit_log', 'stale_hours'].map((table) => [table, sql`DO NOTHING`] as const));

async function removeRows(query: Query, tables: readonly string[], tenantId: string): Promise<void> {
  for (const table of tables) {
    if (table === 'audit_log') continue;
    await sql`DELETE FROM ${sql.table(table)} WHERE tenant_id = ${tenantId}`.execute(query);
  }
}

/** Events write to it while they are added. */
function outboxLast(tables: readonly string[]): string[] {
  return [...tables.filter((table) => table !== 'outbox'), ...tables.filter((table) => table === 'outbox')];
}

interface Place {
  backup: BackupRows;
  tenantId: string;
  secrets: SecretBox | undefined;
  onProgress: (table: string, rows: number) => void;
}

async function addRows(query: Query, table: string, place: Place): Promise<number> {
  const { backup, tenantId, secrets, onProgress } = place;
  let insert: ReturnType<typeof rowInserter<BackupRow>> | undefined;
  let added = 0;
  for await (const rows of ownRows(backup, table, tenantId)) {
    insert ??= rowInserter<BackupRow>({ table, columns: Object.keys(rows[0] ?? {}) }, conflicts.get(table));
    await insert(
      query,
      rows.map((row) => resealed(table, row, secrets)),
    );
    added += rows.length;
  }
  if (added > 0) onProgress(table, added);
  return added;
}

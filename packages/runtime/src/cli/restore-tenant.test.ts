import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sql, type TableMetadata } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { commitFault } from '../built-command.test-rig.ts';
import { reading } from '../faults/home-reader.test-rig.ts';
import { hearCommand } from '../heard-process.test-rig.ts';
import { runCommand } from '../runtime-process.test-rig.ts';
import { OperatorAccounts } from '../services/operator-accounts.ts';
import { migrations } from '../store/migrations/index.ts';
import { backUpFolder } from '../store/operator/backup-folder.ts';
import { backUpPostgres } from '../store/operator/backup-postgres.ts';
import { deleteTenant } from '../store/operator/delete-tenant.ts';
import { migrateHome } from '../store/operator/migrate-home.ts';
import { openOperatorHome } from '../store/operator/open-operator-home.ts';
import type { OperatorHome } from '../store/operator/operator-home.ts';
import { ofProcesses, stayWhenReplaced } from '../store/operator/restore-tenant.ts';
import { readSecretBox } from '../store/secret-box.ts';
import { type BareHome, bareHomes, json, stopHomes } from './operator.test-rig.ts';

let files: string;

beforeEach(() => {
  files = mkdtempSync(join(tmpdir(), 'runctl-backups-'));
});
afterEach(() => rmSync(files, { recursive: true, force: true }));
afterAll(stopHomes, 60_000);
// Many processes, one after the other.
vi.setConfig({ testTimeout: 300_000 });

/** Rows of a tenant by table, each as one text. */
type Rows = Map<string, string[]>;

async function tenantTables({ place }: BareHome): Promise<TableMetadata[]> {
  const tables = await reading(place, (query) => query.introspection.getTables());
  return tables.filter(({ columns }) => columns.some(({ name }) => name === 'tenant_id'));
}

async function rowsOf(home: BareHome, tenantId: string): Promise<Rows> {
  const found: Rows = new Map();
  const tables = await tenantTables(home);
  await reading(home.place, async (query) => {
    for (const [table, key] of [
      ...tables.map(({ name }) => [name, 'tenant_id'] as const),
      ['tenants', 'id'] as const,
    ]) {
      const { rows } = await sql<Record<string, unknown>>`
        SELECT * FROM ${sql.table(table)} WHERE ${sql.ref(key)} = ${tenantId}`.execute(query);
      if (rows.length > 0) found.set(table, rows.map(inOrder).sort());
    }
  });
  return found;
}

function inOrder(row: Record<string, unknown>): string {
  return JSON.stringify(Object.entries(row).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** All that a copy on its way could mistake for something else. */
const odd = 'a\tb\nc\r\\N \\. \\\\t "q" \'s\' {1,2} \u2028 é 😀';

/** A row in every table that has tenants' rows, whatever it means: what is copied has to be copied all the same. */
async function fillEveryTable(home: BareHome, tenantId: string): Promise<void> {
  const tables = await tenantTables(home);
  await reading(home.place, async (query) => {
    for (const { name: table, columns } of tables) {
      const values = columns.map(({ name, dataType }) => {
        if (name === 'tenant_id') return tenantId;
        // The hour that the other instants are in: what comes into it late is noticed while it comes.
        if (!/text/i.test(dataType)) return name === 'hour' ? 0 : 7;
        return name === 'secret' ? `whsec_${tenantId}` : `${tenantId} ${table} ${name} ${odd}`;
      });
      await sql`INSERT INTO ${sql.table(table)} (${sql.join(columns.map(({ name }) => sql.ref(name)))})
        VALUES (${sql.join(values)})`.execute(query);
    }
  });
}

function locationOf({ place }: BareHome) {
  return 'folder' in place ? { folder: place.folder } : { databaseUrl: place.databaseUrl };
}

/** Without the command: that is tested by itself, and a process costs more than all it does here. */
async function backUp(home: BareHome, name: string): Promise<string> {
  const file = join(files, name);
  if ('folder' in home.place) backUpFolder(home.place.folder, file);
  else await backUpPostgres(home.place.databaseUrl, file);
  return file;
}

async function operating<Result>(home: BareHome, work: (operated: OperatorHome) => Promise<Result>): Promise<Result> {
  const operated = await openOperatorHome(locationOf(home), readSecretBox(process.env));
  return work(operated).finally(() => operated.close());
}

/** A home with two tenants, the first of which will be restored, and the file of a backup of it. */
async function homeWithTwo(create: () => Promise<BareHome>) {
  const home = await create();
  await migrateHome(locationOf(home), {});
  const ids = await operating(home, async (operated) => {
    const accounts = new OperatorAccounts(operated);
    const [one, other] = [
      await accounts.createTenant({ name: 'Acme', ownerEmail: 'ada@acme.example' }),
      await accounts.createTenant({ name: 'Beside', ownerEmail: 'bob@beside.example' }),
    ];
    return [one.id, other.id] as const;
  });
  for (const id of ids) await fillEveryTable(home, id);
  return { home, file: await backUp(home, 'of-all.backup'), ids };
}

function remove(home: BareHome, tenantId: string): Promise<number> {
  return operating(home, (operated) => deleteTenant(operated, tenantId, { now: Date.now() }));
}

const without = (rows: Rows, tables: Iterable<string>) => {
  const left = new Set(tables);
  return new Map([...rows].filter(([table]) => !left.has(table)));
};

describe.each(bareHomes)('one tenant of a backup of $name', ({ name: homeName, create }) => {
  it('comes back after it was deleted, with every row of every table, and no row of another is touched', async () => {
    const { home, file, ids } = await homeWithTwo(create);
    const [gone, stays] = ids;
    const [before, beside] = [await rowsOf(home, gone), await rowsOf(home, stays)];
    expect([...before.keys()].sort()).toEqual(
      [...(await tenantTables(home)).map(({ name }) => name), 'tenants'].sort(),
    );
    await remove(home, gone);
    expect(await rowsOf(home, gone)).toEqual(new Map());

    const restored = await runCommand('restore', file, '--tenant', gone, ...home.options);
    expect(restored).toMatchObject({
      code: 0,
      output: expect.stringMatching(new RegExp(`^Acme \\(${gone}\\) is restored, with \\d+ rows; 0 tasks go on`)),
      errors: expect.stringContaining('runctl: steps: 1 rows restored\n'),
    });
    const after = await rowsOf(home, gone);
    const changed = [...ofProcesses, 'audit_log', 'billing_accounts'];
    expect(without(after, changed)).toEqual(without(before, changed));
    for (const table of ofProcesses) expect(after.has(table)).toBe(false);
    expect(after.get('audit_log')).toEqual(expect.arrayContaining(before.get('audit_log') ?? []));
    expect(after.get('audit_log')?.filter((row) => row.includes('"tenant.restore"'))).toHaveLength(1);
    expect(await rowsOf(home, stays)).toEqual(beside);
    home.remove();
  });

  it('goes on as after a crash: nobody holds its tasks, no old claim reaches theirs, and no hour is billed twice', async () => {
    const { home, ids } = await homeWithTwo(create);
    const held = { status: 'running', owner: 'wrk_old', epoch: 3, finished_at: null } as const;
    await reading(home.place, async (query) => {
      await query.updateTable('tasks').set(held).where('tenant_id', '=', ids[0]).execute();
      await query.updateTable('deliveries').set({ status: 'pending' }).where('tenant_id', '=', ids[0]).execute();
    });
    const file = await backUp(home, 'at-work.backup');
    await remove(home, ids[0]);
    expect(await json('restore', file, '--tenant', ids[0], ...home.options)).toMatchObject({ requeuedTasks: 1 });
    const own = await reading(home.place, async (query) => ({
      task: await query.selectFrom('tasks').selectAll().where('tenant_id', '=', ids[0]).executeTakeFirstOrThrow(),
      event: await query
        .selectFrom('events')
        .selectAll()
        .where('tenant_id', '=', ids[0])
        .where('type', '=', 'task.status')
        .executeTakeFirstOrThrow(),
      delivery: await query
        .selectFrom('deliveries')
        .selectAll()
        .where('tenant_id', '=', ids[0])
        .executeTakeFirstOrThrow(),
      accounts: await query.selectFrom('billing_accounts').select(['tenant_id', 'reported_until']).execute(),
    }));
    expect(own.task).toMatchObject({ status: 'queued', owner: null, version: 8 });
    expect(own.task.epoch).toBeGreaterThan(Date.now() - 600_000);
    expect(own.event).toMatchObject({ subject_id: own.task.id, seq: 1 });
    expect(own.delivery).toMatchObject({ claim: null });
    const untold = new Map(own.accounts.map((row) => [row.tenant_id, row.reported_until]));
    expect(untold.get(ids[1])).toBe(7);
    expect(Date.now() - (untold.get(ids[0]) ?? 0)).toBeLessThan(2 * 3_600_000);
    home.remove();
  });

  it('takes the place of the tenant that is there when told so; who has access and what was done stay as they are', async () => {
    const { home, file, ids } = await homeWithTwo(create);
    const [back, stays] = ids;
    const then = await rowsOf(home, back);
    const accounts = (operated: OperatorHome) => new OperatorAccounts(operated);
    await operating(home, (operated) => accounts(operated).createKey(back, { name: 'since', role: 'member' }));
    await reading(home.place, async (query) => {
      await query.updateTable('agents').set({ name: 'changed since' }).where('tenant_id', '=', back).execute();
      await query.updateTable('billing_accounts').set({ reported_until: 9 }).where('tenant_id', '=', back).execute();
      await query.updateTable('members').set({ role: 'viewer' }).where('tenant_id', '=', back).execute();
      await query.deleteFrom('steps').where('tenant_id', '=', back).execute();
    });
    const [now, beside] = [await rowsOf(home, back), await rowsOf(home, stays)];

    const refused = await runCommand('restore', file, '--tenant', back, ...home.options);
    expect(refused).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^runctl: Acme \(.*\) is there already\. Add --replace .*runctl tenants delete/),
    });
    expect(await rowsOf(home, back)).toEqual(now);

    const restored = await json('restore', file, '--tenant', back, '--replace', ...home.options);
    expect(restored).toMatchObject({
      tenantId: back,
      name: 'Acme',
      status: 'active',
      replaced: true,
      requeuedTasks: 0,
    });
    const after = await rowsOf(home, back);
    const changed = [...ofProcesses, ...stayWhenReplaced, 'tenants'];
    expect(without(after, changed)).toEqual(without(then, changed));
    for (const table of stayWhenReplaced) {
      expect(after.get(table)).toEqual(
        table === 'audit_log' ? expect.arrayContaining(now.get(table) ?? []) : now.get(table),
      );
    }
    expect(await rowsOf(home, stays)).toEqual(beside);
    home.remove();
  });

  it('is refused, and says why, where it is not in the backup, the schemas differ or no backup is named', async () => {
    const { home, file, ids } = await homeWithTwo(create);
    const refusal = async (...args: string[]) => {
      const { code, errors } = await runCommand('restore', ...args, ...home.options);
      expect(code).toBe(1);
      return errors;
    };
    const unknown = await refusal(file, '--tenant', 'tnt_nothing');
    expect(unknown).toContain('The backup has no tenant tnt_nothing. It has ');
    expect(unknown).toContain(`${ids[0]} (Acme)`);
    expect(await refusal(file, '--replace')).toContain('--replace is about one tenant. Name it with --tenant.');
    expect(await refusal(join(files, 'none'), '--tenant', ids[0])).toContain('There is no file');
    const before = await rowsOf(home, ids[0]);
    const name = migrations.at(-1)?.name ?? '';
    const schema = sql.table('schema_migrations');
    await reading(home.place, (query) => sql`DELETE FROM ${schema} WHERE name = ${name}`.execute(query));
    const older = await backUp(home, 'older.backup');
    await reading(home.place, (query) => sql`INSERT INTO ${schema} VALUES (${name}, 1)`.execute(query));
    expect(await refusal(older, '--tenant', ids[0], '--replace')).toContain(
      `The backup is of an older schema, without ${name}. Make a newer backup of it: runctl restore it whole`,
    );
    expect(await rowsOf(home, ids[0])).toEqual(before);
    home.remove();
  });

  it('needs the key that seals its secrets, and is sealed with the one of the home', async () => {
    const [first, second] = ['a', 'b'].map((letter) => Buffer.alloc(32, letter).toString('base64'));
    vi.stubEnv('RUNCTL_SECRETS_KEY', first);
    const { home, ids } = await homeWithTwo(create);
    await runCommand('secrets', 'reseal', ...home.options);
    const sealed = await backUp(home, 'sealed.backup');
    const [secret] = (await rowsOf(home, ids[0])).get('webhooks') ?? [];
    expect(secret).toContain('sealed:');

    vi.stubEnv('RUNCTL_SECRETS_KEY', second);
    const without = await runCommand('restore', sealed, '--tenant', ids[0], '--replace', ...home.options);
    expect(without).toMatchObject({
      code: 1,
      errors: expect.stringContaining('which RUNCTL_SECRETS_KEY does not have'),
    });
    expect((await rowsOf(home, ids[0])).get('webhooks')).toEqual([secret]);
    vi.stubEnv('RUNCTL_SECRETS_KEY', `${second},${first}`);
    await json('restore', sealed, '--tenant', ids[0], '--replace', ...home.options);
    const resealed = (await rowsOf(home, ids[0])).get('webhooks')?.[0] ?? '';
    vi.stubEnv('RUNCTL_SECRETS_KEY', undefined);
    expect(resealed).toContain('sealed:');
    expect(resealed.match(/sealed:(\w+)/)?.[1]).not.toBe(secret?.match(/sealed:(\w+)/)?.[1]);
    home.remove();
  });

  it('is all there or not at all, whenever a kill -9 ends the command', async () => {
    const { home, file, ids } = await homeWithTwo(create);
    const [killed, stays] = ids;
    const beside = await rowsOf(home, stays);
    await remove(home, killed);
    await killInTheMiddle(home, ['restore', file, '--tenant', killed, ...home.options], killed);
    expect(await rowsOf(home, killed)).toEqual(new Map());
    expect(await rowsOf(home, stays)).toEqual(beside);

    await json('restore', file, '--tenant', killed, ...home.options);
    const whole = await rowsOf(home, killed);
    await killInTheMiddle(home, ['restore', file, '--tenant', killed, '--replace', ...home.options], killed, 2);
    const left = ['tenants'];
    expect(without(await rowsOf(home, killed), left)).toEqual(without(whole, left));
    const [tenant] = await reading(home.place, (query) =>
      query.selectFrom('tenants').select('status').where('id', '=', killed).execute(),
    );
    expect(tenant).toEqual({ status: 'suspended' });
    const again = await runCommand('restore', file, '--tenant', killed, '--replace', ...home.options);
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining(`runctl tenants resume ${killed}`) });
    home.remove();
  });

  /** On a folder at the commit itself, on Postgres while the last table but one waits for somebody else's row. */
  async function killInTheMiddle(home: BareHome, args: string[], tenantId: string, commit = 1): Promise<void> {
    if ('folder' in home.place) {
      const restore = await hearCommand(args, {
        within: ['--import', pathToFileURL(commitFault).href],
        env: { RUNCTL_TEST_COMMIT_FAULT: `die-before ${commit}` },
      });
      expect(await restore.exited).toBeNull();
      return;
    }
    const blocker = new pg.Client({ connectionString: home.place.databaseUrl });
    await blocker.connect();
    await blocker.query('BEGIN');
    const id = `${tenantId} webhooks id ${odd}`;
    const { rowCount } = await blocker.query('SELECT 1 FROM webhooks WHERE id = $1 FOR UPDATE', [id]);
    if (rowCount === 0) {
      await blocker.query(
        `INSERT INTO webhooks SELECT $1, tenant_id, purpose, url, events, enabled, secret, previous_secret,
           previous_secret_until, failures, rests_until, created_at, updated_at FROM webhooks LIMIT 1`,
        [id],
      );
    }
    const restore = await hearCommand(args);
    if (rowCount === 0) await restore.says(/steps: \d+ rows restored/);
    await expect
      .poll(
        async () => {
          const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%webhooks%'";
          return (await reading(home.place, (query) => sql.raw(waiting).execute(query))).rows.length;
        },
        { timeout: 120_000 },
      )
      .toBeGreaterThan(0);
    restore.signal('SIGKILL');
    await restore.exited;
    await blocker.query('ROLLBACK');
    await blocker.end();
  }

  it.skipIf(bareHomes.length < 2)('moves to the other home', async () => {
    const { home, file, ids } = await homeWithTwo(create);
    const other = await bareHomes.find(({ name }) => name !== homeName)?.create();
    if (other === undefined) return;
    await migrateHome(locationOf(other), {});
    await json('restore', file, '--tenant', ids[0], ...other.options);
    const changed = [...ofProcesses, 'audit_log', 'billing_accounts'];
    expect(without(await rowsOf(other, ids[0]), changed)).toEqual(without(await rowsOf(home, ids[0]), changed));
    expect(await rowsOf(other, ids[1])).toEqual(new Map());
    for (const each of [home, other]) each.remove();
  });
});

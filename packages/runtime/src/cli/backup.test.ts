import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runctl } from '@runctl/sdk';
import type { Tenant } from '@runctl/tenants';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectInvariants, reading } from '../faults/home-reader.test-rig.ts';
import { scriptedAgent } from '../faults/story.test-rig.ts';
import { runCommand } from '../runtime-process.test-rig.ts';
import { bareFolder, bareHomes, json, startOn, stopHomes } from './operator.test-rig.ts';

let files: string;

beforeEach(() => {
  files = mkdtempSync(join(tmpdir(), 'runctl-backups-'));
});
afterEach(() => rmSync(files, { recursive: true, force: true }));
afterAll(stopHomes);

describe.each(bareHomes)('a backup of $name', ({ create }) => {
  it('under load has all that was committed before it began, and what starts from it goes on', async () => {
    const home = await create();
    const runtime = await startOn(home);
    const client = new Runctl({ apiKey: runtime.apiKey, baseUrl: runtime.url });
    const steps = Array.from({ length: 4 }, (_, index) => ({
      when: { step: 2 * index + 1 },
      reply: { toolCalls: [{ name: 'calculator', arguments: { expression: `1 + ${index}` } }] },
    }));
    const agent = await scriptedAgent(client, [...steps, { when: {}, reply: { text: 'done', delayMs: 20 } }], {
      tools: ['calculator'],
    });
    const acknowledged: string[] = [];
    let isLoading = true;
    const load = Array.from({ length: 4 }, async () => {
      while (isLoading)
        acknowledged.push((await client.tasks.create({ agentId: agent.id, input: { payload: {} } })).id);
    });
    await expect.poll(() => acknowledged.length).toBeGreaterThan(100);

    const before = [...acknowledged];
    const file = join(files, 'under-load.backup');
    const backup = await runCommand('backup', file, ...home.options);
    expect(backup).toMatchObject({ code: 0, output: expect.stringMatching(/ MB backed up in .* s: /) });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    isLoading = false;
    await Promise.all(load);
    expect(acknowledged.length).toBeGreaterThan(before.length);
    await runtime.kill();

    const elsewhere = await create();
    expect(await runCommand('restore', file, ...elsewhere.options)).toMatchObject({ code: 0 });
    await expectInvariants(elsewhere.place, { acknowledged: before, settled: false });
    const again = await startOn(elsewhere);
    const restored = new Runctl({ apiKey: runtime.apiKey, baseUrl: again.url });
    for (const id of before) {
      expect(await restored.tasks.waitForCompletion(id, { timeoutMs: 120_000 })).toMatchObject({ status: 'completed' });
    }
    const fresh = await restored.tasks.create({ agentId: agent.id, input: { payload: {} } });
    await restored.tasks.waitForCompletion(fresh.id, { timeoutMs: 120_000 });
    await expect.poll(async () => (await restored.tasks.list({ status: ['queued', 'running'] })).data.length).toBe(0);
    await again.kill();
    await expectInvariants(elsewhere.place, { acknowledged: before });
    for (const { remove } of [home, elsewhere]) remove();
  });

  it('never writes over a file, and is never restored over data', async () => {
    const home = await create();
    await runCommand('migrate', ...home.options);
    const file = join(files, 'once.backup');
    expect(await runCommand('backup', file, ...home.options)).toMatchObject({ code: 0 });
    const twice = await runCommand('backup', file, ...home.options);
    expect(twice).toMatchObject({ code: 1, errors: expect.stringContaining('is there already') });
    const over = await runCommand('restore', file, ...home.options);
    expect(over).toMatchObject({ code: 1, errors: expect.stringContaining('holds data already') });
    home.remove();
  });

  it('into a folder that is not there names the folder to make', async () => {
    const home = await create();
    await runCommand('migrate', ...home.options);
    const folder = join(files, 'nightly');
    expect(await runCommand('backup', join(folder, 'one.backup'), ...home.options)).toMatchObject({
      code: 1,
      errors: `runctl: There is no folder ${folder}. Make it first: mkdir -p ${folder}\n`,
    });
    home.remove();
  });

  it('that is none, or is not there, is refused and leaves nothing behind', async () => {
    const home = await create();
    const file = join(files, 'none.backup');
    const missing = await runCommand('restore', file, ...home.options);
    expect(missing).toMatchObject({ code: 1, errors: `runctl: There is no file ${file}.\n` });
    writeFileSync(file, 'not a backup '.repeat(1_000));
    const { code, errors } = await runCommand('restore', file, ...home.options);
    expect(code).toBe(1);
    expect(errors).toMatch(/is no backup of Runctl|ended with exit code/);
    expect('folder' in home.place && existsSync(home.place.folder ?? '')).toBe(false);
    expect(await runCommand('migrate', ...home.options)).toMatchObject({ code: 0 });
    home.remove();
  });
});

describe('a backup of Postgres where pg_dump is not installed', () => {
  const [, postgres] = bareHomes;

  it.skipIf(postgres === undefined)('prints the command to run where it is, without the password', async () => {
    const home = await postgres?.create();
    const databaseUrl = new URL(home?.options[1] ?? '');
    await runCommand('migrate', '--database-url', databaseUrl.href);
    databaseUrl.password = 'hunter2';
    const path = process.env.PATH;
    process.env.PATH = files;
    const { code, errors } = await runCommand('backup', 'x.dump', '--database-url', databaseUrl.href);
    process.env.PATH = path;
    expect(code).toBe(1);
    expect(errors).toMatch(/\n {2}PGPASSWORD=\.\.\. pg_dump --format=custom .*--dbname=postgres:\/\/runctl@127/);
    expect(errors).not.toContain('hunter2');
  });
});

describe('a backup of Postgres whose user is bound by row security', () => {
  const [, postgres] = bareHomes;

  it.skipIf(postgres === undefined)('has the rows of all tenants all the same', async () => {
    const asPlainUser = async () => {
      const url = new URL((await postgres?.create())?.options[1] ?? '');
      const admin = new pg.Client({ connectionString: url.href });
      await admin.connect();
      await admin.query(`DO $$ BEGIN CREATE ROLE plain LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`);
      await admin.query(`ALTER DATABASE ${url.pathname.slice(1)} OWNER TO plain`);
      await admin.end();
      url.username = 'plain';
      return { place: { databaseUrl: url.href }, options: ['--database-url', url.href], remove: () => undefined };
    };
    const home = await asPlainUser();
    const runtime = await startOn(home);
    await runtime.kill();
    const forced = await reading(home.place, (query) =>
      sql`SELECT 1 FROM pg_class WHERE relname = 'tasks' AND relforcerowsecurity`.execute(query),
    );
    expect(forced.rows).toHaveLength(1);
    const file = join(files, 'forced.dump');
    expect(await runCommand('backup', file, ...home.options)).toMatchObject({ code: 0 });
    const elsewhere = await asPlainUser();
    expect(await runCommand('restore', file, ...elsewhere.options)).toMatchObject({ code: 0 });
    const listed = await json<Tenant[]>('tenants', 'list', ...elsewhere.options);
    expect(listed).toMatchObject([{ name: 'default' }]);
    const again = await startOn(elsewhere);
    const client = new Runctl({ apiKey: runtime.apiKey, baseUrl: again.url });
    expect(await client.tenants.whoami()).toMatchObject({ tenantId: listed[0]?.id });
    await again.kill();
  });
});

describe('a folder from which the database alone was moved away', () => {
  it('is no place for a backup, since its log would be played into it; the refusal names what is there', async () => {
    const home = bareFolder();
    const folder = home.options[1] ?? '';
    const runtime = await startOn(home);
    const file = join(files, 'whole.backup');
    await runCommand('backup', file, ...home.options);
    await runtime.kill();
    renameSync(join(folder, 'runctl.db'), join(files, 'runctl.db'));
    const before = readdirSync(folder).sort();
    expect(before).toEqual(expect.arrayContaining(['runctl.db-shm', 'runctl.db-wal']));
    const { code, errors } = await runCommand('restore', file, ...home.options);
    expect({ code, errors }).toMatchObject({
      code: 1,
      errors: expect.stringContaining('holds data already: runctl.db-wal, runctl.db-shm. Name an empty folder'),
    });
    expect(readdirSync(folder).sort()).toEqual(before);
    home.remove();
  });

  it.each(['runctl.db-wal', 'runctl.db-shm', 'runctl.db-journal'])('is refused for %s by itself', async (name) => {
    const home = bareFolder();
    await runCommand('migrate', ...home.options);
    const file = join(files, 'whole.backup');
    await runCommand('backup', file, ...home.options);
    const elsewhere = join(files, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, name), 'left over');
    const { errors } = await runCommand('restore', file, '--data', elsewhere);
    expect(errors).toContain(`holds data already: ${name}.`);
    expect(readdirSync(elsewhere)).toEqual([name]);
    home.remove();
  });
});

describe('a folder that is damaged', () => {
  it('is no backup: the damage is found when it is restored', async () => {
    const home = bareFolder();
    await runCommand('migrate', ...home.options);
    const file = join(files, 'damaged.backup');
    await runCommand('backup', file, ...home.options);
    const { size } = statSync(file);
    writeFileSync(file, Buffer.alloc(40_000, 7), { flag: 'r+' });
    expect(statSync(file).size).toBe(size);
    const elsewhere = bareFolder();
    const { code, errors } = await runCommand('restore', file, ...elsewhere.options);
    expect(code).toBe(1);
    expect(errors).toMatch(/damaged\.backup is (no backup of Runctl|damaged)/);
    for (const { remove } of [home, elsewhere]) remove();
  });
});

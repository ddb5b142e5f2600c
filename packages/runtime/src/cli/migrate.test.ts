import { startPostgresProxy } from '@runctl/testkit';
import { sql } from 'kysely';
import { afterAll, describe, expect, it } from 'vitest';
import { reading } from '../faults/home-reader.test-rig.ts';
import { runCommand, startCommand } from '../runtime-process.test-rig.ts';
import { migrations } from '../store/migrations/index.ts';
import { type BareHome, bareHomes, stopHomes } from './operator.test-rig.ts';

const names = migrations.map(({ name }) => name);

afterAll(stopHomes);

/** What the table of migrations holds. */
async function applied({ place }: BareHome): Promise<string[]> {
  const { rows } = await reading(place, (query) =>
    sql<{ name: string }>`SELECT name FROM schema_migrations ORDER BY name`.execute(query),
  );
  return rows.map(({ name }) => name);
}

async function pretend({ place }: BareHome, change: 'newer' | 'older'): Promise<void> {
  const last = names.at(-1) ?? '';
  await reading(place, (query) =>
    (change === 'newer'
      ? sql`INSERT INTO schema_migrations (name, applied_at) VALUES ('9999-future', 0)`
      : sql`DELETE FROM schema_migrations WHERE name = ${last}`
    ).execute(query),
  );
}

describe.each(bareHomes)('migrations of $name', ({ create }) => {
  it('take turns: two commands at once apply each of them once, and name those that they applied', async () => {
    const home = await create();
    const outcomes = await Promise.all([
      runCommand('migrate', ...home.options),
      runCommand('migrate', ...home.options),
    ]);
    expect(outcomes.map(({ code, output }) => ({ code, output }))).toEqual(
      Array.from({ length: 2 }, () => ({ code: 0, output: 'The schema is up to date.\n' })),
    );
    const said = outcomes.flatMap(({ errors }) => [...errors.matchAll(/runctl: (\S+) applied in \d+ ms/g)]);
    expect(said.map(([, name]) => name)).toEqual(names);
    expect(await applied(home)).toEqual(names);
    home.remove();
  });

  it('are listed by a dry run, which changes nothing', async () => {
    const home = await create();
    await runCommand('migrate', ...home.options);
    await pretend(home, 'older');
    const { code, output } = await runCommand('migrate', '--dry-run', ...home.options);
    expect({ code, output }).toEqual({ code: 0, output: `Pending, oldest first:\n  ${names.at(-1)}\n` });
    const refused = await runCommand('keys', 'list', ...home.options);
    expect(refused.errors).toBe(
      `runctl: The schema is older than this version of Runctl: ${names.at(-1)} is pending. Run runctl migrate first.\n`,
    );
    expect(await applied(home)).toEqual(names.slice(0, -1));
    home.remove();
  });

  it('of a newer version are refused by every command, which says what to do', async () => {
    const home = await create();
    await runCommand('migrate', ...home.options);
    await pretend(home, 'newer');
    const start = 'folder' in home.place ? ['dev', '--port', '0'] : ['serve', '--port', '0'];
    for (const command of [['migrate'], ['migrate', '--dry-run'], ['keys', 'list'], start]) {
      const { code, errors } = await runCommand(...command, ...home.options);
      expect(code).toBe(1);
      expect(errors).toContain('The schema is newer than this version of Runctl: it has 9999-future');
      expect(errors).toContain('Start the version that made it, or a newer one.');
    }
    home.remove();
  });
});

const [, postgres] = bareHomes;

describe.skipIf(postgres === undefined)('a start on Postgres', () => {
  it('waits for a database that is away, and serves once it is there', async () => {
    const home = (await postgres?.create()) as BareHome;
    const proxy = await startPostgresProxy();
    proxy.refuse(true);
    const away = 'databaseUrl' in home.place ? proxy.through(home.place.databaseUrl ?? '') : '';
    const given = await runCommand('serve', '--port', '0', '--database-wait', '1', '--database-url', away);
    expect(given.code).toBe(1);
    expect(given.errors).toMatch(/The database cannot be used: .*--database-url or RUNCTL_DATABASE_URL/);
    let isThere = false;
    const starting = startCommand('serve', '--host', '127.0.0.1', '--port', '0', '--database-url', away).then((it) => {
      expect(isThere).toBe(true);
      return it;
    });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    isThere = true;
    proxy.refuse(false);
    const serving = await starting;
    expect(serving.firstLine).toContain('Runctl serves http://127.0.0.1:');
    await serving.kill();
    await proxy.close();
  });

  it('with --migrate refuse leaves an older schema alone, and names the command that is missing', async () => {
    const home = (await postgres?.create()) as BareHome;
    const { code, errors } = await runCommand('serve', '--port', '0', '--migrate', 'refuse', ...home.options);
    expect(code).toBe(1);
    expect(errors).toMatch(/The schema is older .* Run runctl migrate first\.\n$/);
    await runCommand('migrate', ...home.options);
    const serving = await startCommand(
      ...['serve', '--host', '127.0.0.1', '--port', '0', '--migrate', 'refuse', ...home.options],
    );
    expect(serving.firstLine).toContain('Runctl serves http://127.0.0.1:');
    await serving.kill();
  });
});

describe('a wrong address of the database', () => {
  it('is refused at once, by the name of the variable and without its password', async () => {
    for (const command of ['serve', 'worker', 'migrate', 'keys list']) {
      const args = [...command.split(' '), '--database-url', 'mysql://runctl:hunter2@db/runctl'];
      const { code, errors } = await runCommand(...args);
      expect(code).toBe(1);
      expect(errors).toContain('RUNCTL_DATABASE_URL must be a URL that begins with postgres://');
      expect(errors).not.toContain('hunter2');
    }
  });
});

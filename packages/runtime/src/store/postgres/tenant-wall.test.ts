import { findPostgres, type PostgresServer, startPostgres } from '@runctl/testkit';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTenant } from '../../services/bootstrap.ts';
import { migratePostgres } from '../operator/migrate-postgres.ts';
import type { Store, StoreDoor } from '../store.ts';
import { openPostgresStore } from './postgres-store.ts';

const bin = findPostgres();
/** Tables that hold no row of any tenant. A new table belongs here, or has a `tenant_id`. */
const ofNobody = ['billing_events', 'rate_buckets', 'schema_migrations', 'server_secrets', 'workers'];

describe.skipIf(bin === undefined)('the wall between tenants on Postgres', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres(bin ?? '');
  });
  afterAll(() => server.stop());

  /** A user who owns an empty database and may do nothing else, besides what is granted; the URL to connect as him. */
  async function databaseOf(user: string, rights = '', more: readonly string[] = []): Promise<URL> {
    const url = new URL(server.createDatabase());
    await asSuperuser(url, [
      `CREATE ROLE ${user} LOGIN ${rights}`,
      `ALTER DATABASE ${url.pathname.slice(1)} OWNER TO ${user}`,
      ...more,
    ]);
    url.username = user;
    return url;
  }

  async function asSuperuser(url: URL, statements: readonly string[]): Promise<pg.QueryResultRow[]> {
    const admin = new URL(url);
    admin.username = 'runctl';
    const client = new pg.Client({ connectionString: admin.href });
    await client.connect();
    let rows: pg.QueryResultRow[] = [];
    for (const statement of statements) ({ rows } = await client.query(statement));
    await client.end();
    return rows;
  }

  const homes = [
    { title: 'a superuser', open: async () => server.createDatabase() },
    { title: 'a user who may make roles', open: async () => (await databaseOf('maker', 'CREATEROLE')).href },
    { title: 'a user who may make none', open: async () => (await databaseOf('plain')).href },
    {
      title: 'a user with a schema of his own name',
      open: async () => (await databaseOf('own', 'CREATEROLE', [])).href,
      schema: 'CREATE SCHEMA own AUTHORIZATION own',
    },
  ];

  describe.each(homes)('raised by $title', ({ open, schema }) => {
    let url: string;
    let store: Store;
    let tenants: [string, string];
    beforeAll(async () => {
      url = await open();
      if (schema !== undefined) await asSuperuser(new URL(url), [schema]);
      store = await openPostgresStore({ url, onError: (error) => expect(error).toBeUndefined() });
      const [one, two] = [await createTenant(store, 'one', 1), await createTenant(store, 'two', 1)];
      tenants = [one.tenantId, two.tenantId];
      await store.write(({ query }) => fill(query, tenants));
    });
    afterAll(() => store.close());

    const countIn = async (door: Pick<StoreDoor, 'query'>, table: string): Promise<Record<string, number>> => {
      const owner = sql.ref(table === 'tenants' ? 'id' : 'tenant_id');
      const { rows } = await sql<{ owner: string; rows: number }>`
        SELECT ${owner} AS owner, count(*)::int AS rows FROM ${sql.table(table)}
        WHERE ${owner} <> '' GROUP BY 1 ORDER BY 1`.execute(door.query);
      return Object.fromEntries(rows.map(({ owner: id, rows: count }) => [id, count]));
    };

    it('stands around every table that has rows of tenants', async () => {
      const open = (await tablesIn(store)).filter(({ walled }) => !walled).map(({ name }) => name);
      expect(open).toEqual(ofNobody);
    });

    it('shows a query that forgot its tenant the tenant’s rows alone, in every table', async () => {
      for (const table of await walledTables(store)) {
        const all = await countIn(store, table);
        expect(Object.keys(all), table).toEqual([...tenants].sort());
        for (const tenantId of tenants) {
          const own = { [tenantId]: all[tenantId] };
          const door = store.ofTenant(tenantId);
          expect(await countIn(door, table), table).toEqual(own);
          expect(await door.write((transaction) => countIn(transaction, table)), table).toEqual(own);
        }
      }
    });

    it('shows nothing to a tenant who is not there, nor to none', async () => {
      for (const tenantId of ['tnt_nobody', '%', "' OR true --"]) {
        expect(await countIn(store.ofTenant(tenantId), 'tasks')).toEqual({});
      }
    });

    it('refuses rows that are another tenant’s, in every table', async () => {
      const [own, other] = tenants;
      for (const table of await walledTables(store)) {
        const column = table === 'tenants' ? 'id' : 'tenant_id';
        const refusal = `new row violates row-level security policy for table "${table}"`;
        const plant = store.ofTenant(own).write(({ query }) => insertRow(query, table, { [column]: other }));
        await expect(plant, table).rejects.toThrow(refusal);
        const give = sql`UPDATE ${sql.table(table)} SET ${sql.ref(column)} = ${other}`.execute(
          store.ofTenant(own).query,
        );
        await expect(give, table).rejects.toThrow(table === 'audit_log' ? 'only grows' : refusal);
      }
    });

    it('lets an update and a deletion without a condition reach the tenant’s rows alone', async () => {
      const [own, other] = tenants;
      const before = await countIn(store, 'labels');
      await store.ofTenant(own).write(async ({ query }) => {
        await query.updateTable('labels').set({ value: 'mine' }).execute();
        await query.deleteFrom('labels').execute();
      });
      expect(await countIn(store, 'labels')).toEqual({ [other]: before[other] });
      const left = await store.query.selectFrom('labels').select('value').distinct().execute();
      expect(left).toEqual([{ value: 'x' }]);
      await store.write(({ query }) =>
        query.insertInto('labels').values({ tenant_id: own, resource_id: 'r', label: 'l', value: 'x' }).execute(),
      );
    });

    it('keeps a hundred tenants apart who share two connections, whatever fails among them', async () => {
      const shared = await openPostgresStore({ url, connections: 2 });
      const look = async (at: number) => {
        const tenantId = tenants[at % 2] ?? '';
        const door = shared.ofTenant(tenantId);
        const ids = async ({ query }: Pick<StoreDoor, 'query'>) =>
          (await query.selectFrom('tenants').select('id').execute()).map(({ id }) => id);
        if (at % 5 === 0) await sql`SELECT 1 / 0`.execute(door.query).catch(() => undefined);
        if (at % 7 === 0) await door.write(({ query }) => sql`SELECT nonsense`.execute(query)).catch(() => undefined);
        if (at % 3 === 0) return { expected: [...tenants].sort(), found: (await ids(shared)).sort() };
        return { expected: [tenantId], found: at % 4 === 0 ? await door.write(ids) : await ids(door) };
      };
      // So many at once that all get a connection in time, on a slow machine too.
      for (let begin = 0; begin < 400; begin += 20) {
        const seen = await Promise.all(Array.from({ length: 20 }, (_, at) => look(begin + at)));
        for (const { expected, found } of seen) expect(found).toEqual(expected);
      }
      await shared.close();
    });

    it('stands again where a restore has lost it', async () => {
      await sql`ALTER TABLE labels DISABLE ROW LEVEL SECURITY`.execute(store.query);
      await sql`DROP OWNED BY ${sql.raw((await tenantRole(store)) ?? 'CURRENT_USER_HAS_NONE')}`
        .execute(store.query)
        .catch(() => undefined);
      const again = await openPostgresStore({ url });
      const [own] = tenants;
      expect(Object.keys(await countIn(again.ofTenant(own), 'labels'))).toEqual([own]);
      await again.close();
    });
  });

  it('says how to raise it where the user passes row security and may make no role', async () => {
    const url = await databaseOf('bypasser', 'BYPASSRLS');
    const errors: unknown[] = [];
    const store = await openPostgresStore({ url: url.href, onError: (error) => errors.push(error) });
    expect(errors).toMatchObject([
      { code: 'store.unwalled', message: expect.stringMatching(/CREATE ROLE runctl_tenant_\d+;/) },
    ]);
    await store.close();
    const [, created, granted] = /run: (CREATE ROLE .*?); (GRANT .*? TO )/.exec(String(errors[0])) ?? [];
    await asSuperuser(url, [created ?? '', `${granted}bypasser`]);
    const walled = await openPostgresStore({ url: url.href, onError: (error) => errors.push(error) });
    expect(errors).toHaveLength(1);
    expect(await sql`SELECT 1 FROM tenants`.execute(walled.ofTenant('tnt_nobody').query)).toMatchObject({ rows: [] });
    await walled.close();
  });

  it('is raised by the command that migrates, before any runtime starts', async () => {
    const url = server.createDatabase();
    await migratePostgres(url, {});
    const pool = new pg.Pool({ connectionString: url });
    const { rows } = await pool.query(`SELECT relrowsecurity FROM pg_class WHERE relname = 'tasks'`);
    await pool.end();
    expect(rows).toEqual([{ relrowsecurity: true }]);
  });

  it('refuses a user who does not own the tables, instead of showing him none of the work', async () => {
    const url = new URL(server.createDatabase());
    await (await openPostgresStore({ url: url.href })).close();
    await asSuperuser(url, ['CREATE ROLE stranger LOGIN', 'GRANT ALL ON ALL TABLES IN SCHEMA public TO stranger']);
    url.username = 'stranger';
    await expect(openPostgresStore({ url: url.href })).rejects.toThrow('does not own the tables');
  });

  it('is raised once by processes that start together on two databases of a server', async () => {
    const urls = [server.createDatabase(), server.createDatabase()];
    const stores = await Promise.all([...urls, ...urls, ...urls].map((url) => openPostgresStore({ url })));
    for (const store of stores) expect(await walledTables(store)).toContain('tasks');
    await Promise.all(stores.map((store) => store.close()));
  });
});

async function tablesIn(store: Store): Promise<{ name: string; walled: boolean }[]> {
  const { rows } = await sql<{ name: string; walled: boolean }>`
    SELECT table_name AS name, EXISTS (
      SELECT FROM pg_policies JOIN pg_class ON pg_class.relname = tablename AND relrowsecurity
      WHERE tablename = table_name AND schemaname = table_schema AND qual LIKE '%runctl.tenant_id%'
    ) AS walled
    FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'
    ORDER BY 1`.execute(store.query);
  return rows;
}

async function walledTables(store: Store): Promise<string[]> {
  return (await tablesIn(store)).filter(({ walled }) => walled).map(({ name }) => name);
}

async function tenantRole(store: Store): Promise<string | undefined> {
  const { rows } = await sql<{ rolname: string }>`
    SELECT rolname FROM pg_roles JOIN pg_database ON datname = current_database()
    WHERE rolname = 'runctl_tenant_' || pg_database.oid`.execute(store.query);
  return rows[0]?.rolname;
}

/** A row of each tenant in every table: empty texts and zeros, which tell apart by their tenant. */
async function fill(query: StoreDoor['query'], tenants: readonly string[]): Promise<void> {
  const { rows } = await sql<{ table_name: string; columns: { name: string; type: string }[] }>`
    SELECT table_name, json_agg(json_build_object('name', column_name, 'type', data_type)) AS columns
    FROM information_schema.columns WHERE table_schema = current_schema()
    GROUP BY 1 HAVING bool_or(column_name = 'tenant_id')`.execute(query);
  for (const { table_name, columns } of rows) {
    for (const tenantId of tenants) {
      const row = Object.fromEntries(
        columns.map(({ name, type }) => [
          name,
          name === 'tenant_id' ? tenantId : type !== 'text' ? 1 : name === 'value' ? 'x' : `${name} of ${tenantId}`,
        ]),
      );
      await insertRow(query, table_name, row);
    }
  }
}

async function insertRow(query: StoreDoor['query'], table: string, row: object): Promise<void> {
  const record = sql`json_populate_record(NULL::${sql.table(table)}, ${JSON.stringify(row)}::json)`;
  await sql`INSERT INTO ${sql.table(table)} SELECT (${record}).*`.execute(query);
}

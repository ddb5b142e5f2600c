import { Kysely, type KyselyPlugin, PostgresDialect } from 'kysely';
import type pg from 'pg';
import { changeChannel, lookForWork } from '../postgres/change-feed.ts';
import { inTransaction } from '../postgres/claim-loop.ts';
import { longestOperatorStatementMs } from '../postgres/connection.ts';
import { appliedMigrations } from '../postgres/migrate.ts';
import { openPool } from '../postgres/pool.ts';
import { unreachable } from '../postgres/postgres-store.ts';
import { queryOver } from '../postgres/query-over.ts';
import type { Database } from '../schema.ts';
import { migrationsToApply, schemaStateOf } from '../schema-state.ts';
import { StoreError } from '../store-error.ts';
import { accountsOnly, type OperatorHome, quoted, rowsAtOnce } from './operator-home.ts';

/**
 * A Postgres, beside the runtimes that run on it.
 *
 * @throws {StoreError} `store.unreachable`, `store.schema_older`, `store.schema_newer`
 */
export async function openPostgresOperatorHome(url: string, plugins: KyselyPlugin[] = []): Promise<OperatorHome> {
  const pool = openPool({ url, connections: 2, statementMs: longestOperatorStatementMs, onError: () => undefined });
  try {
    migrationsToApply(schemaStateOf(await appliedMigrations(pool)), 'refuse');
    return homeOver(pool, plugins);
  } catch (cause) {
    await pool.end();
    throw cause instanceof StoreError ? cause : unreachable(cause);
  }
}

function homeOver(pool: pg.Pool, plugins: KyselyPlugin[]): OperatorHome {
  return {
    kind: 'postgres',
    query: new Kysely<Database>({ dialect: new PostgresDialect({ pool }), plugins }),
    write: (work) =>
      inTransaction(pool, async (client) => {
        const result = await work(accountsOnly(queryOver(client, plugins)));
        await client.query('SELECT pg_notify($1, $2)', [changeChannel, lookForWork]);
        return result;
      }),
    tenantTables: () => tenantTables(pool),
    countRows: async (table, tenantId) => {
      const { rows } = await pool.query<{ count: number }>(
        `SELECT count(*) AS count FROM ${quoted(table)} WHERE tenant_id = $1`,
        [tenantId],
      );
      return rows[0]?.count ?? 0;
    },
    deleteRows: (table, tenantId) => inTransaction(pool, (client) => deleteSome(client, table, tenantId)),
    close: () => pool.end(),
  };
}

async function tenantTables(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT tables.table_name AS name FROM information_schema.tables AS tables
     JOIN information_schema.columns AS columns USING (table_schema, table_name)
     WHERE tables.table_schema = current_schema() AND tables.table_type = 'BASE TABLE'
       AND columns.column_name = 'tenant_id' ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

/** The triggers that guard a table are for its owner to switch; others that write to it wait meanwhile. */
async function deleteSome(client: pg.PoolClient, table: string, tenantId: string): Promise<number> {
  const name = quoted(table);
  const { rows: guards } = await client.query(
    'SELECT 1 FROM pg_trigger WHERE tgrelid = $1::regclass AND NOT tgisinternal LIMIT 1',
    [name],
  );
  if (guards.length > 0) await client.query(`ALTER TABLE ${name} DISABLE TRIGGER USER`);
  const { rowCount } = await client.query(
    `DELETE FROM ${name} WHERE ctid = ANY(ARRAY(SELECT ctid FROM ${name} WHERE tenant_id = $1 LIMIT ${rowsAtOnce}))`,
    [tenantId],
  );
  if (guards.length > 0) await client.query(`ALTER TABLE ${name} ENABLE TRIGGER USER`);
  return rowCount ?? 0;
}

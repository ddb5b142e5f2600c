import pg from 'pg';
import { migrations } from '../migrations/index.ts';
import { StoreError } from '../store-error.ts';
import type { Runner } from './hot-statements.ts';

/** Any number, the same in every Runctl process: only one of them raises the wall at a time. */
const wallLock = 7_282_004;

// The second wall between tenants. The first is that services start every query from a tenant's scope; this one stands
// in the database and holds when a query forgot its tenant. A transaction on behalf of a tenant says which one, and row
// security shows it that tenant's rows alone. Row security does not bind who owns the tables, so such a transaction
// also gives its rights up: it takes a role that owns nothing and cannot log in.
//
//   role    the transaction takes the role; policies are strict, and what stands above tenants is not bound by them
//   forced  the user may not make the role: policies bind the owner too, and let everything pass while no tenant is named

/** How a transaction is put behind the wall. Role and tenant are its own: they go with its end, however it ends. */
export interface TenantWall {
  /** The role that works for tenants; null: it could not be had, and policies bind the owner instead. */
  readonly role: string | null;
  /** Why the wall does not hold, in words for the operator. Null: it holds. */
  readonly weakness: string | null;
  /** Opens a transaction of a tenant, as one message. */
  begin(tenantId: string): string;
  /** Puts the transaction that is open behind the wall. `$1` is the tenant. */
  readonly enter: string;
}

/** Tables of no tenant that work for tenants needs: who runs tasks, and the runtime's own keys. */
const commonTables: Readonly<Record<string, string>> = { workers: 'SELECT', server_secrets: 'SELECT, INSERT' };

const tenant = `current_setting('runctl.tenant_id', true)`;
const policies = {
  role: { name: 'tenant_rows', allows: (key: string) => `${key} = nullif(${tenant}, '')` },
  forced: {
    name: 'tenant_rows_or_all',
    allows: (key: string) => `nullif(${tenant}, '') IS NULL OR ${key} = ${tenant}`,
  },
};

/**
 * Puts every table that has tenants' rows behind the wall, those of later migrations too. Changes nothing where it
 * stands; where a restore has lost the role, it is made again. Processes that start together take turns.
 *
 * @throws {StoreError} `store.unreachable` - the user is neither the owner of the tables nor allowed past row security
 */
export async function raiseTenantWall(pool: pg.Pool): Promise<TenantWall> {
  const client = await pool.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [wallLock]);
    return await raise(client);
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [wallLock]).catch(() => undefined);
    client.release();
  }
}

async function raise(client: Runner): Promise<TenantWall> {
  const place = await prepareRole(client);
  const { role } = place;
  for (const table of await tablesOutside(client, role)) {
    await client.query(wallOff(table, role)).catch((cause: unknown) => {
      throw isRefusal(cause) ? notTheOwner(cause) : cause;
    });
  }
  const { rows } = await client.query<{ is_bound: boolean }>(`SELECT row_security_active('tasks') AS is_bound`);
  const isBound = rows[0]?.is_bound === true;
  if (role !== null && isBound) throw notTheOwner();
  // The role keeps the search path of the user, in which "$user" would mean the role.
  const path = place.is_own_schema ? `, set_config('search_path', ${pg.escapeLiteral(place.schema)}, true)` : '';
  const asRole = role === null ? '' : `set_config('role', ${pg.escapeLiteral(role)}, true), `;
  const enter = (id: string) => `SELECT ${asRole}set_config('runctl.tenant_id', ${id}, true)${path}`;
  return {
    role,
    weakness:
      role === null && !isBound
        ? `Row security does not bind the user of the database. Let a superuser run: CREATE ROLE ${place.name}; GRANT ${place.name} TO the user.`
        : null,
    enter: enter('$1'),
    begin: (tenantId) => `BEGIN; ${enter(pg.escapeLiteral(tenantId))}`,
  };
}

/** The role as the database knows it, and where the tables are. */
interface Place {
  /** Of this database alone: roles belong to all databases of a server. */
  name: string;
  exists: boolean;
  /** This session may take it, it is bound by row security, and it reaches the schema. */
  is_usable: boolean;
  /** Quoted. */
  schema: string;
  is_own_schema: boolean;
}

const placeSql = `
SELECT 'runctl_tenant_' || pg_database.oid AS name, pg_roles.oid IS NOT NULL AS exists,
  coalesce(
    NOT rolsuper AND NOT rolbypassrls AND has_schema_privilege(pg_roles.oid, current_schema(), 'USAGE')
      AND pg_has_role(
        session_user, pg_roles.oid, CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END
      ),
    false
  ) AS is_usable,
  quote_ident(current_schema()) AS schema, current_schema() = current_user AS is_own_schema
FROM pg_database LEFT JOIN pg_roles ON rolname = 'runctl_tenant_' || pg_database.oid
WHERE datname = current_database()`;

/** Makes the role where the user may. Two databases of a server never meet in one name. */
async function prepareRole(client: Runner): Promise<Place & { role: string | null }> {
  const found = await readPlace(client);
  if (found.is_usable) return { ...found, role: found.name };
  if (!found.exists) await attempt(client, `CREATE ROLE ${found.name} NOLOGIN`);
  await attempt(client, `GRANT ${found.name} TO SESSION_USER`);
  await attempt(client, `GRANT USAGE ON SCHEMA ${found.schema} TO ${found.name}`);
  const made = await readPlace(client);
  return { ...made, role: made.is_usable ? made.name : null };
}

async function readPlace(client: Runner): Promise<Place> {
  const { rows } = await client.query<Place>(placeSql);
  const [place] = rows;
  if (place === undefined) throw new StoreError('store.unreachable', 'The database does not find itself.');
  return place;
}

/** Whether an error says that a user may not do something, or that a role is not there. */
function isRefusal(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === '42501' || code === '42704';
}

async function attempt(client: Runner, sql: string): Promise<void> {
  await client.query(sql).catch((error: unknown) => {
    if (!isRefusal(error)) throw error;
  });
}

/** Whose rows row security would hide from the engine, which then would find no work, and tell nobody. */
function notTheOwner(cause?: unknown): StoreError {
  const message =
    'The user of the database does not own the tables, so row security hides them. Connect as their owner, or grant its role to the user.';
  return new StoreError('store.unreachable', message, { cause });
}

/** A table, and the column that says whose its rows are; null: nobody's. */
interface OpenTable {
  name: string;
  key: string | null;
}

const outsideSql = `
SELECT relname AS name, attname AS key FROM pg_class
LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND NOT attisdropped
  AND attname = CASE relname WHEN 'tenants' THEN 'id' ELSE 'tenant_id' END
WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
  AND relkind IN ('r', 'p') AND relname = ANY ($1) AND (attname IS NOT NULL OR relname = ANY ($2))
  AND (
    ($3::text IS NOT NULL AND NOT has_table_privilege($3, pg_class.oid, 'SELECT'))
    OR attname IS NOT NULL AND (
      NOT relrowsecurity OR relforcerowsecurity <> ($3 IS NULL)
      OR NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polname = $4)
    )
  )`;

/** The tables that the migrations make; others in the schema are not ours to touch. */
const ourTables = migrations.flatMap(({ sql, postgres = '' }) =>
  [...`${sql}${postgres}`.matchAll(/CREATE TABLE (?:IF NOT EXISTS )?(\w+)/g)].map(([, name]) => name),
);

async function tablesOutside(client: Runner, role: string | null): Promise<OpenTable[]> {
  const { name } = role === null ? policies.forced : policies.role;
  const values = [ourTables, Object.keys(commonTables), role, name];
  return (await client.query<OpenTable>(outsideSql, values)).rows;
}

/** One message and so one transaction a table: processes of an older version may be at work on all of them. */
function wallOff({ name: table, key }: OpenTable, role: string | null): string {
  const grant = (rights: string) => (role === null ? '' : `GRANT ${rights} ON ${table} TO ${role};`);
  if (key === null) return grant(commonTables[table] ?? 'SELECT');
  const policy = role === null ? policies.forced : policies.role;
  return `
ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, ${role === null ? '' : 'NO '}FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS ${policies.role.name} ON ${table};
DROP POLICY IF EXISTS ${policies.forced.name} ON ${table};
CREATE POLICY ${policy.name} ON ${table} USING (${policy.allows(key)});
${grant('SELECT, INSERT, UPDATE, DELETE')}`;
}

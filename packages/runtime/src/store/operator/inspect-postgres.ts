import { type SchemaState, schemaStateOf } from '../schema-state.ts';
import { appliedIn, withPool } from './migrate-postgres.ts';

/** What there is to know of a database without changing it. */
export interface PostgresFacts {
  /** Such as 150004 for 15.4. */
  version: number;
  /** Of one small query, milliseconds. */
  roundTripMs: number;
  /** How far its clock is ahead of this machine's, milliseconds; as exact as half a round trip. */
  clockAheadMs: number;
  /** Whether a commit that was answered survives a crash of the server. */
  isDurable: boolean;
  /** Connections that are left for anybody. */
  freeConnections: number;
  schema: SchemaState;
}

interface ServerRow {
  version: number;
  clock_ms: string;
  is_durable: boolean;
  free: number;
}

const serverSql = `
SELECT current_setting('server_version_num')::int AS version,
  (extract(epoch FROM clock_timestamp()) * 1000)::text AS clock_ms,
  current_setting('fsync') = 'on' AND current_setting('synchronous_commit') <> 'off' AS is_durable,
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int AS free`;

/** Looks at a database. @throws {StoreError} `store.unreachable` */
export function inspectPostgres(url: string): Promise<PostgresFacts> {
  return withPool(url, async (pool) => {
    const schema = schemaStateOf(await appliedIn(pool));
    const askedAt = Date.now();
    const { rows } = await pool.query<ServerRow>(serverSql);
    const answeredAt = Date.now();
    const [row] = rows as [ServerRow];
    return {
      version: row.version,
      roundTripMs: answeredAt - askedAt,
      clockAheadMs: Math.round(Number(row.clock_ms) - (askedAt + answeredAt) / 2),
      isDurable: row.is_durable,
      freeConnections: row.free,
      schema,
    };
  });
}

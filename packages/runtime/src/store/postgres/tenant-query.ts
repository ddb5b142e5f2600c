import type { KyselyPlugin } from 'kysely';
import pg from 'pg';
import type { Query } from '../store.ts';
import type { Runner } from './hot-statements.ts';
import { queryOver } from './query-over.ts';
import type { TenantWall } from './tenant-wall.ts';

/** The query builder behind the wall: each query is a transaction of the tenant by itself, in one round trip. */
export function tenantQuery(pool: pg.Pool, wall: TenantWall, tenantId: string, plugins: KyselyPlugin[] = []): Query {
  const query = async (text: string, values: unknown[]): Promise<pg.QueryResult> => {
    const client = await pool.connect();
    try {
      return await new Promise((resolve, reject) => {
        const callback: Callback = (error, result) => (error ? reject(error) : resolve(result));
        client.query(new WalledQuery({ text, values, queryMode: 'extended' }, wall.enter, tenantId, callback));
      });
    } finally {
      client.release();
    }
  };
  return queryOver({ query: query as Runner['query'] }, plugins);
}

/**
 * Statements with a name are planned once a connection and role. The tenants' role has names of its own, since two roles
 * that share one would have it planned anew at each turn.
 */
export function underTenantNames(client: Runner): Runner {
  const query = (config: string | pg.QueryConfig, values?: unknown[]) =>
    typeof config === 'string' || config.name === undefined
      ? client.query(config as string, values)
      : client.query({ ...config, name: `tenant-${config.name}` });
  return { query: query as Runner['query'] };
}

type Callback = (error: Error | null, result: pg.QueryResult) => void;

/** What a query sends, the driver's own part of it. */
interface Wire {
  parse(message: { text: string }): void;
  bind(message: { values: readonly string[] }): void;
  execute(message: object): void;
}

/** The members of the driver's query that it calls itself and does not declare. */
interface WireQuery extends pg.Submittable {
  prepare(connection: Wire): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: Wire): void;
}

const DriverQuery = pg.Query as unknown as new (
  config: pg.QueryConfig & { queryMode: 'extended' },
  values: undefined,
  callback: Callback,
) => WireQuery;

/**
 * A query, and before it in the same message what puts it behind the wall. Nothing is synchronised between the two, so
 * the server takes them for one transaction: role and tenant end with it, and no connection can keep them.
 */
class WalledQuery extends DriverQuery {
  readonly #enter: string;
  readonly #tenantId: string;
  #isInside = false;

  constructor(config: pg.QueryConfig & { queryMode: 'extended' }, enter: string, tenantId: string, callback: Callback) {
    super(config, undefined, callback);
    this.#enter = enter;
    this.#tenantId = tenantId;
  }

  override prepare(connection: Wire): void {
    connection.parse({ text: this.#enter });
    connection.bind({ values: [this.#tenantId] });
    connection.execute({});
    super.prepare(connection);
  }

  override handleDataRow(message: unknown): void {
    if (this.#isInside) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, connection: Wire): void {
    if (this.#isInside) super.handleCommandComplete(message, connection);
    this.#isInside = true;
  }
}

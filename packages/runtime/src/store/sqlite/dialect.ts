import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Database } from '../schema.ts';
import type { SqliteValue } from './connection.ts';
import type { StatementCache } from './statement-cache.ts';

/** The query builder over one connection. Transactions are the store's, so the builder may not open any. */
export function queryOver(statements: StatementCache): Kysely<Database> {
  const connection = new CachedConnection(statements);
  const dialect: Dialect = {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new SingleConnectionDriver(connection),
    createIntrospector: (database) => new SqliteIntrospector(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
  return new Kysely<Database>({ dialect });
}

class CachedConnection implements DatabaseConnection {
  readonly #statements: StatementCache;

  constructor(statements: StatementCache) {
    this.#statements = statements;
  }

  executeQuery<Row>(compiled: CompiledQuery): Promise<QueryResult<Row>> {
    const values = compiled.parameters as SqliteValue[];
    if (givesRows(compiled)) return Promise.resolve({ rows: this.#statements.all<Row>(compiled.sql, ...values) });
    const changed = this.#statements.run(compiled.sql, ...values);
    return Promise.resolve({ rows: [], numAffectedRows: BigInt(changed) });
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new TypeError('The embedded store reads whole results; page through them instead of streaming.');
  }
}

function givesRows({ query }: CompiledQuery): boolean {
  if (query.kind === 'SelectQueryNode' || query.kind === 'RawNode') return true;
  return 'returning' in query && query.returning !== undefined;
}

class SingleConnectionDriver implements Driver {
  readonly #connection: DatabaseConnection;

  constructor(connection: DatabaseConnection) {
    this.#connection = connection;
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
  beginTransaction(): Promise<void> {
    return refuseTransaction();
  }
  commitTransaction(): Promise<void> {
    return refuseTransaction();
  }
  rollbackTransaction(): Promise<void> {
    return refuseTransaction();
  }
}

function refuseTransaction(): Promise<never> {
  return Promise.reject(new TypeError('Transactions are opened by store.write, never by the query builder.'));
}

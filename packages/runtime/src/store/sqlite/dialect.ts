import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  Kysely,
  type KyselyPlugin,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { LentConnection } from '../lent-connection.ts';
import { bindRunner } from '../prepared.ts';
import type { Database } from '../schema.ts';
import type { Query } from '../store.ts';
import type { SqliteValue } from './connection.ts';
import type { StatementCache } from './statement-cache.ts';

/** What runs statements. */
type Statements = Pick<StatementCache, 'all' | 'first' | 'run'>;

/** The query builder over one connection. Transactions are the store's, so the builder may not open any. */
export function queryOver(statements: Statements, plugins: KyselyPlugin[] = []): Query {
  const connection = new CachedConnection(statements);
  const dialect: Dialect = {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new LentConnection(connection),
    createIntrospector: (database) => new SqliteIntrospector(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
  return bindRunner(new Kysely<Database>({ dialect, plugins }), {
    all: (sql, values) => statements.all(sql, values as SqliteValue[]),
    first: (sql, values) => statements.first(sql, values as SqliteValue[]),
    run: (sql, values) => statements.run(sql, values as SqliteValue[]),
  });
}

class CachedConnection implements DatabaseConnection {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  executeQuery<Row>(compiled: CompiledQuery): Promise<QueryResult<Row>> {
    const values = compiled.parameters as SqliteValue[];
    if (givesRows(compiled)) return Promise.resolve({ rows: this.#statements.all<Row>(compiled.sql, values) });
    const changed = this.#statements.run(compiled.sql, values);
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

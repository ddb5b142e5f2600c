import {
  type CompiledQuery,
  type DatabaseConnection,
  Kysely,
  type KyselyPlugin,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import { LentConnection } from '../lent-connection.ts';
import type { Database } from '../schema.ts';
import type { Query } from '../store.ts';
import type { Runner } from './hot-statements.ts';

/** The query builder over one connection, whose transaction the store has opened. */
export function queryOver(runner: Runner, plugins: KyselyPlugin[] = []): Query {
  return new Kysely<Database>({
    plugins,
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new LentConnection(new RunnerConnection(runner)),
      createIntrospector: (database) => new PostgresIntrospector(database),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
}

class RunnerConnection implements DatabaseConnection {
  readonly #runner: Runner;

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { command, rowCount, rows } = await this.#runner.query<object & Row>(sql, [...parameters]);
    return command === 'SELECT' ? { rows } : { rows, numAffectedRows: BigInt(rowCount ?? 0) };
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new TypeError('Page through results instead of streaming them.');
  }
}

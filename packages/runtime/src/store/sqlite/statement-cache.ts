import type { SqliteConnection, SqliteValue } from './connection.ts';
import { type KeptStatement, keepStatement } from './kept-statement.ts';

/** Statements kept prepared. Lists of ids make many texts, so the oldest give way. */
const capacity = 400;

/** Prepares each text once and keeps it. */
export class StatementCache {
  readonly #connection: SqliteConnection;
  readonly #statements = new Map<string, KeptStatement>();
  #written = 0;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  /** How many statements were run that may have changed something. */
  get written(): number {
    return this.#written;
  }

  #statement(sql: string): KeptStatement {
    if (!sql.startsWith('select') && !sql.startsWith('SELECT')) this.#written += 1;
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = keepStatement(this.#connection, sql);
    if (this.#statements.size >= capacity) {
      const oldest = this.#statements.keys().next();
      if (oldest.done === false) this.#statements.delete(oldest.value);
    }
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Runs a statement for its rows. */
  all<Row>(sql: string, values: readonly SqliteValue[] = []): Row[] {
    return this.#statement(sql).all(values) as Row[];
  }

  /** Runs a statement that gives one row at most. */
  first<Row>(sql: string, values: readonly SqliteValue[] = []): Row | undefined {
    return this.#statement(sql).first(values) as Row | undefined;
  }

  /** Runs a statement for its effect; returns how many rows it changed. */
  run(sql: string, values: readonly SqliteValue[] = []): number {
    return this.#statement(sql).run(values);
  }
}

import type { SqliteValue } from './connection.ts';
import type { StatementCache } from './statement-cache.ts';

/**
 * Reads what is committed. Each commit makes a second connection drop every page that it has in memory, so reads go over
 * the connection that writes, and over the other one only while a group of writes is open there.
 */
export class CommittedReads {
  readonly #writer: StatementCache;
  readonly #reader: StatementCache;
  readonly #isWriting: () => boolean;

  constructor(writer: StatementCache, reader: StatementCache, isWriting: () => boolean) {
    this.#writer = writer;
    this.#reader = reader;
    this.#isWriting = isWriting;
  }

  /** Runs a statement for its rows. */
  all<Row>(sql: string, values: readonly SqliteValue[]): Row[] {
    return this.#statements.all(sql, values);
  }

  /** Runs a statement that gives one row at most. */
  first<Row>(sql: string, values: readonly SqliteValue[]): Row | undefined {
    return this.#statements.first(sql, values);
  }

  /** Runs a statement for its effect; returns how many rows it changed. */
  run(sql: string, values: readonly SqliteValue[]): number {
    return this.#statements.run(sql, values);
  }

  get #statements(): StatementCache {
    return this.#isWriting() ? this.#reader : this.#writer;
  }
}

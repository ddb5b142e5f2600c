import type { SqliteConnection, SqliteStatement, SqliteValue } from './connection.ts';

/** A statement that is kept prepared: values go in as a list, rows come out as objects. */
export interface KeptStatement {
  all(values: readonly SqliteValue[]): object[];
  /** For statements that give one row at most. */
  first(values: readonly SqliteValue[]): object | undefined;
  /** Gives how many rows were changed. */
  run(values: readonly SqliteValue[]): number;
}

/** Prepares a statement to be kept. */
export function keepStatement(connection: SqliteConnection, sql: string): KeptStatement {
  const statement = connection.prepare(sql);
  if (!isLibsql(statement)) return new BuiltInKept(statement);
  return new LibsqlKept(statement, () => connection.prepare(sql) as unknown as LibsqlStatement);
}

/** What `libsql` can besides: rows as lists, and a list of values in place of arguments. */
interface LibsqlStatement {
  /** Whether it gives rows; `raw` and `all` refuse one that does not. */
  readonly reader: boolean;
  raw(): void;
  columns(): { name: string }[];
  all(values: readonly SqliteValue[]): SqliteValue[][];
  get(values: readonly SqliteValue[]): SqliteValue[] | undefined;
  run(values: readonly SqliteValue[]): { changes: number };
}

function isLibsql(statement: object): statement is LibsqlStatement {
  return 'raw' in statement;
}

/**
 * `libsql` crosses into the engine for each property of each row that it makes. As a list a row of fifty columns costs
 * half as much, and so do values that are given as one list.
 *
 * `get` resets the statement when it has succeeded, and never before: behind an `all`, or a `get` that failed, it would run
 * with the values of that one. So `first` has a statement of its own, and another one after a failure.
 */
class LibsqlKept implements KeptStatement {
  readonly #statement: LibsqlStatement;
  readonly #again: () => LibsqlStatement;
  readonly #givesRows: boolean;
  #names: readonly string[] | undefined;
  #forFirst: LibsqlStatement | undefined;

  /** @param again Prepares it once more. */
  constructor(statement: LibsqlStatement, again: () => LibsqlStatement) {
    this.#statement = statement;
    this.#again = again;
    this.#givesRows = statement.reader;
  }

  all(values: readonly SqliteValue[]): object[] {
    if (!this.#givesRows) {
      this.run(values);
      return [];
    }
    const names = this.#columnNames();
    return this.#statement.all(values).map((row) => toObject(names, row));
  }

  first(values: readonly SqliteValue[]): object | undefined {
    const names = this.#columnNames();
    const row = this.#get(values);
    return row === undefined ? undefined : toObject(names, row);
  }

  run(values: readonly SqliteValue[]): number {
    return this.#statement.run(values).changes;
  }

  #get(values: readonly SqliteValue[]): SqliteValue[] | undefined {
    if (this.#forFirst === undefined) {
      this.#forFirst = this.#again();
      this.#forFirst.raw();
    }
    try {
      return this.#forFirst.get(values);
    } catch (error) {
      this.#forFirst = undefined;
      throw error;
    }
  }

  #columnNames(): readonly string[] {
    if (this.#names === undefined) {
      this.#statement.raw();
      this.#names = this.#statement.columns().map(({ name }) => name);
    }
    return this.#names;
  }
}

function toObject(names: readonly string[], row: readonly SqliteValue[]): object {
  const object: Record<string, SqliteValue> = {};
  for (let at = 0; at < names.length; at++) object[names[at] as string] = row[at] as SqliteValue;
  return object;
}

class BuiltInKept implements KeptStatement {
  readonly #statement: SqliteStatement;

  constructor(statement: SqliteStatement) {
    this.#statement = statement;
  }

  all(values: readonly SqliteValue[]): object[] {
    return this.#statement.all(...values) as object[];
  }

  first(values: readonly SqliteValue[]): object | undefined {
    return this.all(values)[0];
  }

  run(values: readonly SqliteValue[]): number {
    return Number(this.#statement.run(...values).changes);
  }
}

import type { Compilable, CompiledQuery, RawBuilder } from 'kysely';
import type { Query } from './store.ts';

// The query builder composes and compiles a statement anew each time, which costs several times what SQLite takes to run
// it. Statements of the hot paths are therefore built once for each kind of database, with a slot for each value.

/** What runs the text of a statement, below the query builder. */
export interface StatementRunner {
  all<Row>(sql: string, values: readonly unknown[]): Row[] | Promise<Row[]>;
  /** For statements that give one row at most. */
  first<Row>(sql: string, values: readonly unknown[]): Row | undefined | Promise<Row | undefined>;
  /** Gives how many rows were changed. */
  run(sql: string, values: readonly unknown[]): number | Promise<number>;
}

const runners = new WeakMap<Query, StatementRunner>();

/** Says what runs the prepared statements of a query builder: the very connection that the builder stands over. */
export function bindRunner(query: Query, runner: StatementRunner): Query {
  runners.set(query, runner);
  return query;
}

/** The place of a value. */
class Slot {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** A statement as it is kept: its text, and what it is given, each a slot or a value that is always the same. */
interface KeptStatement {
  sql: string;
  parameters: readonly unknown[];
  compiled: CompiledQuery;
}

/** A statement that is built once and run with other values each time. */
export interface Prepared<Values extends object, Row> {
  all(query: Query, values: Values): Promise<Row[]>;
  /** For statements that give one row at most. */
  first(query: Query, values: Values): Promise<Row | undefined>;
  /** Gives how many rows were changed. */
  run(query: Query, values: Values): Promise<number>;
}

/**
 * Prepares a statement.
 *
 * @param build Composes it. `slots` has the values' types, and stands for values that are not known yet: use its members
 *   where the builder takes a value, and look at none of them.
 * @example
 * ```ts
 * const agentName = prepared((query, { id }: { id: string }) =>
 *   query.selectFrom('agents').select('name').where('id', '=', id));
 * const row = await agentName.first(query, { id: 'agt_1' });
 * ```
 */
export function prepared<Values extends object, Row>(
  build: (query: Query, slots: Values) => Compilable<Row>,
): Prepared<Values, Row> {
  const kept = new WeakMap<object, KeptStatement>();
  const slots = slotsOf<Values>();

  const statementFor = (query: Query): KeptStatement => {
    const kind = query.getExecutor().adapter.constructor;
    const known = kept.get(kind);
    if (known !== undefined) return known;
    const compiled = build(query, slots).compile();
    const statement = { sql: compiled.sql, parameters: compiled.parameters, compiled };
    kept.set(kind, statement);
    return statement;
  };

  return {
    async all(query, values) {
      const statement = statementFor(query);
      const runner = runners.get(query);
      if (runner !== undefined) return runner.all<Row>(statement.sql, valuesOf(statement, values));
      return (await execute<Row>(query, statement, values)).rows;
    },
    async first(query, values) {
      const statement = statementFor(query);
      const runner = runners.get(query);
      if (runner !== undefined) return runner.first<Row>(statement.sql, valuesOf(statement, values));
      return (await execute<Row>(query, statement, values)).rows[0];
    },
    async run(query, values) {
      const statement = statementFor(query);
      const runner = runners.get(query);
      if (runner !== undefined) return runner.run(statement.sql, valuesOf(statement, values));
      return Number((await execute(query, statement, values)).numAffectedRows ?? 0);
    },
  };
}

/** {@link prepared} for a statement that is written by hand. */
export function preparedSql<Values extends object, Row>(
  build: (query: Query, slots: Values) => RawBuilder<Row>,
): Prepared<Values, Row> {
  return prepared((query, slots) => {
    const statement = build(query, slots);
    return { compile: () => statement.compile(query) };
  });
}

/** A member for every name, the same each time that it is asked for. */
function slotsOf<Values extends object>(): Values {
  const slots = new Map<string | symbol, Slot>();
  const slotOf = (name: string | symbol): Slot => {
    const slot = slots.get(name) ?? new Slot(String(name));
    slots.set(name, slot);
    return slot;
  };
  return new Proxy({}, { get: (_target, name) => slotOf(name) }) as Values;
}

function execute<Row>(query: Query, statement: KeptStatement, values: object) {
  return query.executeQuery<Row>({ ...statement.compiled, parameters: valuesOf(statement, values) });
}

function valuesOf({ parameters }: KeptStatement, values: object): unknown[] {
  const given = values as Readonly<Record<string, unknown>>;
  return parameters.map((parameter) => (parameter instanceof Slot ? given[parameter.name] : parameter));
}

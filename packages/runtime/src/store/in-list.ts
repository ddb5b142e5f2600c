import { PostgresAdapter, type RawBuilder, sql } from 'kysely';
import { preparedSql } from './prepared.ts';
import type { Query } from './store.ts';

/** Whether a query goes to Postgres; else to SQLite. */
export function isPostgres(query: Query): boolean {
  return query.getExecutor().adapter instanceof PostgresAdapter;
}

/** The rest of a condition: to be one of these texts. One statement however many there are, so it is prepared once. */
export function inList(query: Query, texts: readonly string[]): RawBuilder<unknown> {
  return inGiven(query, givenList(query, texts));
}

/** What {@link inGiven} is given for a list of texts. */
export type GivenList = string | readonly string[];

/** A list of texts as the value of a slot of a prepared statement. */
export function givenList(query: Query, texts: readonly string[]): GivenList {
  return isPostgres(query) ? [...texts] : JSON.stringify(texts);
}

/** {@link inList} for a prepared statement: the list is the value of a slot, made by {@link givenList}. */
export function inGiven(query: Query, list: GivenList): RawBuilder<unknown> {
  return isPostgres(query) ? sql`= ANY (${list}::text[])` : sql`IN (SELECT value FROM json_each(${list}))`;
}

/** Columns, by their names. */
export function columnList(columns: readonly string[]): RawBuilder<unknown> {
  return sql.join(columns.map((column) => sql.ref(column)));
}

/** Which rows a statement writes, and how. */
export interface RowStatement<Row> {
  table: string;
  columns: readonly (keyof Row & string)[];
}

/** Writes rows of one table. */
export type RowWriter<Row> = (query: Query, rows: readonly Row[]) => Promise<void>;

/**
 * Adds rows: on Postgres all of them by one statement, which is one round trip; on SQLite each by one that is kept
 * prepared, which costs it less than to take a list apart.
 *
 * @param onConflict What is done where a row is there already: the rest of `ON CONFLICT`. Default: that is an error.
 */
export function rowInserter<Row extends object>(
  { table, columns }: RowStatement<Row>,
  onConflict?: RawBuilder<unknown>,
): RowWriter<Row> {
  const tail = onConflict === undefined ? sql`` : sql`ON CONFLICT ${onConflict}`;
  const one = preparedSql(
    (_query, row: Row) => sql`
      INSERT INTO ${sql.table(table)} (${columnList(columns)})
      VALUES (${sql.join(columns.map((column) => row[column]))}) ${tail}`,
  );
  const many = preparedSql(
    (_query, { json }: { json: string }) => sql`
      INSERT INTO ${sql.table(table)} (${columnList(columns)})
      SELECT ${columnList(columns)} FROM json_populate_recordset(NULL::${sql.table(table)}, ${json})
      WHERE true ${tail}`,
  );
  return (query, rows) => write(query, rows, one, many);
}

/** Changes rows that are there, found by their `id`: the columns that are named, as {@link rowInserter} adds them. */
export function rowUpdater<Row extends { id: string }>({ table, columns }: RowStatement<Row>): RowWriter<Row> {
  const changes = (from: (column: keyof Row & string) => unknown) =>
    sql.join(columns.map((column) => sql`${sql.ref(column)} = ${from(column)}`));
  const one = preparedSql(
    (_query, row: Row) => sql`UPDATE ${sql.table(table)} SET ${changes((column) => row[column])} WHERE id = ${row.id}`,
  );
  const many = preparedSql(
    (_query, { json }: { json: string }) => sql`
      UPDATE ${sql.table(table)} SET ${changes((column) => sql.ref(`given.${column}`))}
      FROM json_populate_recordset(NULL::${sql.table(table)}, ${json}) AS given
      WHERE ${sql.ref(`${table}.id`)} = given.id`,
  );
  const part = (row: Row) => Object.fromEntries(['id' as const, ...columns].map((column) => [column, row[column]]));
  return (query, rows) => write(query, isPostgres(query) ? rows.map(part) : rows, one, many);
}

async function write(
  query: Query,
  rows: readonly object[],
  one: { run(query: Query, row: object): Promise<number> },
  many: { run(query: Query, values: { json: string }): Promise<number> },
): Promise<void> {
  if (rows.length === 0) return;
  if (isPostgres(query)) await many.run(query, { json: JSON.stringify(rows) });
  else for (const row of rows) await one.run(query, row);
}

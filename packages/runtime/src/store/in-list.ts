import { PostgresAdapter, type RawBuilder, sql } from 'kysely';
import type { Query } from './store.ts';

/** Whether a query goes to Postgres; else to SQLite. */
export function isPostgres(query: Query): boolean {
  return query.getExecutor().adapter instanceof PostgresAdapter;
}

/** The rest of a condition: to be one of these texts. One statement however many there are, so it is prepared once. */
export function inList(query: Query, texts: readonly string[]): RawBuilder<unknown> {
  return isPostgres(query)
    ? sql`= ANY (${[...texts]}::text[])`
    : sql`IN (SELECT value FROM json_each(${JSON.stringify(texts)}))`;
}

/**
 * Rows as a table of the columns that are named, from one parameter.
 *
 * @example
 * ```ts
 * sql`INSERT INTO workflow_steps (${columnList(columns)}) ${rowsOf(query, 'workflow_steps', columns, rows)}`
 * ```
 */
export function rowsOf<Row extends object>(
  query: Query,
  table: string,
  columns: readonly (keyof Row & string)[],
  rows: readonly Row[],
): RawBuilder<unknown> {
  const json = JSON.stringify(rows);
  if (isPostgres(query)) {
    return sql`SELECT ${columnList(columns)} FROM json_populate_recordset(NULL::${sql.table(table)}, ${json}) WHERE true`;
  }
  const values = columns.map((column) => sql`json_extract(value, ${sql.lit(`$.${column}`)})`);
  return sql`SELECT ${sql.join(values)} FROM json_each(${json}) WHERE true`;
}

/** Columns, by their names. */
export function columnList(columns: readonly string[]): RawBuilder<unknown> {
  return sql.join(columns.map((column) => sql.ref(column)));
}

import pg from 'pg';
import { openConnection } from './sqlite/connection.ts';

/** What a SQLite database is made of, as the statements that make it. */
export function dumpSqlite(file: string): string {
  const connection = openConnection(file);
  const rows = connection
    .prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY tbl_name, type <> 'table', type, name")
    .all() as { sql: string }[];
  connection.close();
  return rows.map(({ sql }) => `${sql};\n`).join('\n');
}

/** Of the schema that the connection works in; the catalogue answers alike in all versions of Postgres. */
const statementsSql = `
WITH tables AS (
  SELECT oid, relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
), statements(relname, place, text) AS (
  SELECT '', proname, pg_get_functiondef(pg_proc.oid) FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
  UNION ALL
  SELECT relname, '1', 'CREATE TABLE ' || relname || E' (\\n' || (
    SELECT string_agg(
      '  ' || quote_ident(attname) || ' ' || format_type(atttypid, atttypmod)
        || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END
        || coalesce(' DEFAULT ' || (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = attrelid AND adnum = attnum), ''),
      E',\\n' ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = tables.oid AND attnum > 0 AND NOT attisdropped
  ) || E'\\n)' FROM tables
  UNION ALL
  SELECT relname, '2' || conname, 'ALTER TABLE ' || relname || ' ADD CONSTRAINT ' || conname || ' ' || pg_get_constraintdef(pg_constraint.oid)
  FROM pg_constraint JOIN tables ON conrelid = tables.oid WHERE contype <> 'n'
  UNION ALL
  SELECT relname, '3' || indexrelid::regclass, pg_get_indexdef(indexrelid)
  FROM pg_index JOIN tables ON indrelid = tables.oid
  WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
  UNION ALL
  SELECT relname, '4' || tgname, pg_get_triggerdef(pg_trigger.oid) FROM pg_trigger JOIN tables ON tgrelid = tables.oid
  WHERE NOT tgisinternal
  UNION ALL
  SELECT relname, '5' || polname, 'CREATE POLICY ' || polname || ' ON ' || relname || ' USING ' || pg_get_expr(polqual, polrelid)
  FROM pg_policy JOIN tables ON polrelid = tables.oid
)
SELECT text FROM statements ORDER BY relname COLLATE "C", place COLLATE "C"`;

/** What a Postgres database is made of, as the statements that make it. */
export async function dumpPostgres(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ text: string }>(statementsSql);
  await client.end();
  return rows.map(({ text }) => `${text.trim().replaceAll('public.', '')};\n`).join('\n');
}

import { backupFailed } from './backup.ts';
import { type BackupRow, type BackupRows, type OnlyRows, rowsInBite } from './backup-rows.ts';
import { linesOfProgram } from './postgres-program.ts';

/**
 * Opens a dump of Postgres. It is read by `pg_restore`, which needs no database for that.
 *
 * @throws {StoreError} `store.backup_failed` - no `pg_restore` on the PATH, or it is no backup of Runctl
 */
export async function openPostgresBackup(file: string): Promise<BackupRows> {
  const schema: string[] = [];
  for await (const rows of readRows(file, 'schema_migrations')) schema.push(...rows.map(({ name }) => String(name)));
  if (schema.length === 0) throw backupFailed(`${file} is no backup of Runctl.`);
  return { schema: schema.sort(), rows: (table, only) => readRows(file, table, only), close: () => undefined };
}

/** Rows as texts, from what `pg_restore` would send to `COPY ... FROM stdin`. */
async function* readRows(file: string, table: string, only?: OnlyRows): AsyncIterable<readonly BackupRow[]> {
  let columns: readonly string[] | undefined;
  let key = -1;
  let bite: BackupRow[] = [];
  for await (const line of linesOfProgram('pg_restore', ['--data-only', `--table=${table}`, '--file=-', file])) {
    if (columns === undefined) {
      columns = columnsOf(line);
      key = only === undefined ? -1 : (columns?.indexOf(only.column) ?? -1);
      continue;
    }
    if (line === '\\.') {
      columns = undefined;
      continue;
    }
    // Ids have nothing in them that would be escaped.
    if (only !== undefined && !line.includes(only.is)) continue;
    const fields = line.split('\t');
    if (only !== undefined && fields[key] !== only.is) continue;
    bite.push(Object.fromEntries(columns.map((column, at) => [column, textOf(fields[at] ?? '')])));
    if (bite.length < rowsInBite) continue;
    yield bite;
    bite = [];
  }
  if (bite.length > 0) yield bite;
}

/** Undefined where a line does not begin the rows of a table. */
function columnsOf(line: string): string[] | undefined {
  const [, list] = /^COPY \S+ \((.+)\) FROM stdin;$/.exec(line) ?? [];
  return list?.split(', ').map((name) => name.replace(/^"(.+)"$/, '$1'));
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** @see https://www.postgresql.org/docs/current/sql-copy.html - the text format */
function textOf(field: string): string | null {
  if (field === '\\N') return null;
  return field.includes('\\') ? field.replace(/\\(.)/gs, (_all, letter: string) => escapes[letter] ?? letter) : field;
}

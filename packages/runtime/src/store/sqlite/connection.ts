import { createRequire } from 'node:module';

/** A value that SQLite takes or gives here. */
export type SqliteValue = string | number | null;

/** A prepared statement. */
export interface SqliteStatement {
  all(...values: SqliteValue[]): unknown[];
  run(...values: SqliteValue[]): { changes: number | bigint };
}

/** The little that the store needs of a SQLite driver; `node:sqlite` and `libsql` both have it. */
export interface SqliteConnection {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

type Driver = (file: string) => SqliteConnection;

/** `node:sqlite` where this Node has it unflagged (22.13 and later), else the `libsql` package. */
function loadDriver(): Driver {
  const builtIn = process.getBuiltinModule('node:sqlite') as
    | { DatabaseSync: new (file: string) => SqliteConnection }
    | undefined;
  if (builtIn !== undefined) return (file) => new builtIn.DatabaseSync(file);
  const Libsql = createRequire(import.meta.url)('libsql') as new (file: string) => SqliteConnection;
  return (file) => new Libsql(file);
}

/**
 * Opens a database file for durable use: write-ahead log, and every commit on the disk before it is answered.
 * A reader beside the writer waits at most five seconds for a lock, which it only meets during recovery.
 */
export function openConnection(file: string): SqliteConnection {
  const connection = loadDriver()(file);
  try {
    connection.exec('PRAGMA busy_timeout = 5000');
    // Of a new file alone, and before anything is written: pages can be given back later, a few at a time.
    connection.exec('PRAGMA auto_vacuum = INCREMENTAL');
    connection.exec('PRAGMA journal_mode = WAL');
    connection.exec('PRAGMA synchronous = FULL');
    // 16 MB: the pages that every task changes are copied into the database once in several thousand changes.
    connection.exec('PRAGMA wal_autocheckpoint = 4000');
    connection.exec('PRAGMA temp_store = MEMORY');
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Opens a database file that is nobody's, such as a backup, to look into it: it stays as it is, and nothing is put beside it. */
export function openToRead(file: string): SqliteConnection {
  const connection = loadDriver()(file);
  connection.exec('PRAGMA query_only = ON');
  return connection;
}

/**
 * Takes the folder for this process: an open exclusive transaction on a file of its own, which the operating system
 * lets go of when the process ends, however it ends. Undefined where another process holds it.
 */
export function lockFile(file: string): SqliteConnection | undefined {
  const connection = loadDriver()(file);
  try {
    connection.exec('PRAGMA busy_timeout = 0');
    connection.exec('BEGIN EXCLUSIVE');
    return connection;
  } catch {
    connection.close();
    return undefined;
  }
}

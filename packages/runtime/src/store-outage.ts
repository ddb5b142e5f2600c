/** How a store fails that is not at fault for what it was asked. */
export type StoreOutage =
  /** It cannot be reached, restarts, has no connection or no memory left, or is locked. */
  | 'away'
  /** It reads, and takes no writes. */
  | 'read_only'
  /** Its disk is full. */
  | 'full'
  /** What it has written may not be on the disk, or what it reads is not what was written: only a new start helps. */
  | 'damaged';

/**
 * Codes of Postgres that tell of the database, not of the data or the statement: the same may succeed later.
 *
 *   08  the connection          28     refused at the door, before any statement: a password that is being replaced
 *   40  undone for the sake of another transaction, but not for a constraint (40002)
 *   53  no memory, no connection left        55  in use, locked, not open for connections: 55000, 55006, 55P03
 *   57  ended by the server: cancelled, shut down, starting        58  the system under it
 *   25P03, 25P04  ended by the server: a transaction stood still, or took too long
 */
const passingSqlState = /^(?:08|28|40(?!002)|53|55(?:000|006|P03)|57|58|25P0[34])/;
const sqlStates: Readonly<Record<string, StoreOutage>> = {
  '25006': 'read_only',
  '53100': 'full',
  // A page, or an index, is not what was written.
  XX001: 'damaged',
  XX002: 'damaged',
};

/** What the driver of Postgres says without a code, word for word: others' errors speak of connections too. */
const driverMessages: ReadonlySet<string> = new Set([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'timeout expired',
  'timeout exceeded when trying to connect',
  'Query read timeout',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
  'There was an error establishing an SSL connection',
]);

/** Plain result codes of SQLite that tell of the data or the statement: error, too big, constraint, mismatch, range. */
const lastingSqlite: ReadonlySet<string | number> = new Set([
  ...['ERROR', 'TOOBIG', 'CONSTRAINT', 'MISMATCH', 'RANGE'],
  ...[1, 18, 19, 20, 25],
]);
const sqliteOutages = new Map<string | number, StoreOutage>([
  ['READONLY', 'read_only'],
  [8, 'read_only'],
  ['FULL', 'full'],
  [13, 'full'],
  ['CORRUPT', 'damaged'],
  [11, 'damaged'],
  ['NOTADB', 'damaged'],
  [26, 'damaged'],
]);
/** Extended codes: after a failed sync nobody knows what is on the disk. */
const failedSync: ReadonlySet<string | number> = new Set([
  ...['SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_DIR_FSYNC'],
  ...[1_034, 1_290],
]);

/** Of the system: the connection. `EIO` and the like come from SQLite under codes of its own. */
const connectionErrors =
  /^E(?:CONN(?:REFUSED|RESET|ABORTED)|ADDRNOTAVAIL|PIPE|TIMEDOUT|(?:HOST|NET)(?:UNREACH|DOWN)|NOTFOUND|AI_AGAIN|MFILE|NFILE)$/;

/** How the store failed; undefined where the error is a mistake in the data or in the code. */
export function storeOutage(error: unknown): StoreOutage | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (typeof code !== 'string') return driverMessages.has(error.message) ? 'away' : undefined;
  // Of node:sqlite, whose extended codes keep the plain one in the last byte.
  if (code === 'ERR_SQLITE_ERROR')
    return typeof errcode === 'number' ? sqliteOutage(errcode, errcode & 0xff) : undefined;
  if (code.startsWith('SQLITE_')) return sqliteOutage(code, code.split('_')[1] ?? '');
  if (connectionErrors.test(code)) return 'away';
  if (!/^[0-9A-Z]{5}$/.test(code) || /^E[A-Z]+$/.test(code)) return undefined;
  return sqlStates[code] ?? (passingSqlState.test(code) ? 'away' : undefined);
}

/** Whether Postgres ended a statement that took too long; of one that writes a single row: it waited for a lock. */
export function isOverdue(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '57014';
}

/** Whether the store cannot be reached or cannot write now, so that the same may succeed later. */
export function isStoreOutage(error: unknown): boolean {
  return storeOutage(error) !== undefined;
}

function sqliteOutage(extended: string | number, plain: string | number): StoreOutage | undefined {
  if (lastingSqlite.has(plain)) return undefined;
  return failedSync.has(extended) ? 'damaged' : (sqliteOutages.get(plain) ?? 'away');
}

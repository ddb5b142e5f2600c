/** Codes of Postgres that tell of the data or the statement, not of the database: trying again cannot help. */
const lastingSqlState = /^(?:0A|22|23|42)/;
/** The same of SQLite: error, too big, constraint, mismatch, range. */
const lastingSqlite = /^SQLITE_(?:ERROR|TOOBIG|CONSTRAINT|MISMATCH|RANGE)/;
const lastingSqliteNumbers: ReadonlySet<number> = new Set([1, 18, 19, 20, 25]);

/**
 * Whether the store failed because it cannot be reached or cannot write now: it restarts, its disk is full, it is
 * locked. Anything else is a mistake in the data or in the code.
 */
export function isStoreOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (typeof code !== 'string') return /connection|timeout exceeded|terminat/i.test(error.message);
  // Of node:sqlite, whose extended codes keep the plain one in the last byte.
  if (code === 'ERR_SQLITE_ERROR') return typeof errcode === 'number' && !lastingSqliteNumbers.has(errcode & 0xff);
  if (code.startsWith('SQLITE_')) return !lastingSqlite.test(code);
  if (/^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]+$/.test(code)) return !lastingSqlState.test(code);
  return /^E[A-Z]+$/.test(code);
}

import type { SqliteConnection } from './connection.ts';

/** Pages that are given back in one transaction: a bite that no write waits long for. */
const mostAtOnce = 64;
/** Of all pages, those that stay free for what comes next: one in so many. */
const keptShare = 10;

/** Gives free pages at the end of the file back to the disk. Whether there are more than the share that is kept. */
export function giveBackPages(connection: SqliteConnection): boolean {
  const free = pragma(connection, 'freelist_count');
  const spare = free - Math.ceil(pragma(connection, 'page_count') / keptShare);
  if (spare <= 0) return false;
  // Not as a prepared statement, which would stop after its first page.
  connection.exec(`PRAGMA incremental_vacuum(${mostAtOnce})`);
  // A file from before this was possible keeps its free pages, and uses them again.
  return spare > mostAtOnce && pragma(connection, 'freelist_count') < free;
}

function pragma(connection: SqliteConnection, name: 'freelist_count' | 'page_count'): number {
  const [row] = connection.prepare(`PRAGMA ${name}`).all() as Record<string, number>[];
  return row?.[name] ?? 0;
}

import type { StatementCache } from './statement-cache.ts';

/** Pages that are given back in one transaction: a bite that no write waits long for. */
const mostAtOnce = 64;
/** Of all pages, those that stay free for what comes next: one in so many. */
const keptShare = 10;

/** Gives free pages at the end of the file back to the disk. Whether there are more than the share that is kept. */
export function giveBackPages(statements: StatementCache): boolean {
  const free = pragma(statements, 'freelist_count');
  const spare = free - Math.ceil(pragma(statements, 'page_count') / keptShare);
  if (spare <= 0) return false;
  statements.all(`PRAGMA incremental_vacuum(${mostAtOnce})`);
  // A file from before this was possible keeps its free pages, and uses them again.
  return spare > mostAtOnce && pragma(statements, 'freelist_count') < free;
}

function pragma(statements: StatementCache, name: 'freelist_count' | 'page_count'): number {
  const [row] = statements.all<Record<string, number>>(`PRAGMA ${name}`);
  return row?.[name] ?? 0;
}

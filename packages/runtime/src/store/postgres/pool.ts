import pg from 'pg';
import { connectionOptions } from './connection.ts';

/** How the pool reaches the database. */
export interface PoolOptions {
  /** `postgres://user:password@host:port/database` */
  url: string;
  /** Connections at most. Default 10. */
  connections?: number;
  /** How long a statement may take, milliseconds. Default 15 000. */
  statementMs?: number | undefined;
  /** Told where an idle connection breaks; the pool replaces it. */
  onError: (error: unknown) => void;
}

/**
 * A process that stalls in the middle of a transaction, frozen or cut off, holds its locks so long at most, milliseconds:
 * one of them is the lock by which all workers take turns at claiming.
 */
const longestIdleMs = 5_000;

/** Numbers stay numbers: instants and counts are far below 2^53. */
const int8 = 20;

function numbers(oid: number, format?: 'text' | 'binary') {
  if (oid === int8 && format !== 'binary') return Number;
  return pg.types.getTypeParser(oid, format as 'text');
}

/** Opens a pool; nothing is connected before the first query. */
export function openPool({ url, connections = 10, statementMs, onError }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    ...connectionOptions(url, statementMs),
    max: connections,
    idle_in_transaction_session_timeout: longestIdleMs,
    application_name: 'runctl',
    types: { getTypeParser: numbers as typeof pg.types.getTypeParser },
  });
  pool.on('error', onError);
  // A connection that breaks while it is lent, between two queries, tells nobody else: unheard, it would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

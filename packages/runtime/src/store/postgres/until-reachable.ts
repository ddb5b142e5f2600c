import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/** How long to wait for a database that does not answer yet. */
export interface WaitForDatabase {
  /** Milliseconds in all. Default 0: the first failure counts. */
  waitMs?: number;
  /** Told of each failure that is waited out, and of the pause that follows. */
  onWaiting?(reason: string, pauseMs: number): void;
}

const firstPauseMs = 250;
const longestPauseMs = 5_000;

/** Of sockets and names, and of a Postgres that starts, ends or is full: waiting may help. A wrong password stays wrong. */
const passing = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE', 'ETIMEDOUT'],
  ...['57P01', '57P02', '57P03', '53300'],
]);

/** Resolves once the database answers. @throws The driver's error where waiting is over or of no use. */
export async function untilReachable(pool: pg.Pool, { waitMs = 0, onWaiting }: WaitForDatabase): Promise<void> {
  const startedAt = performance.now();
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      await pool.query('SELECT 1');
      return;
    } catch (error) {
      const leftMs = waitMs - (performance.now() - startedAt);
      if (leftMs <= 0 || !mayPass(error)) throw error;
      // Not all at the same moment: many processes may wait for one database.
      const pause = Math.min(leftMs, pauseMs * (0.5 + Math.random() / 2));
      onWaiting?.(reasonOf(error), pause);
      await sleep(pause);
    }
  }
}

/** Why a database cannot be used, in its own words. An error of several addresses has no words, but a code. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || String((error as { code?: string }).code);
}

function mayPass(error: unknown): boolean {
  const { code } = error as { code?: string };
  // The driver's own timeouts have no code.
  return code === undefined ? /timeout|terminated/i.test(reasonOf(error)) : passing.has(code);
}

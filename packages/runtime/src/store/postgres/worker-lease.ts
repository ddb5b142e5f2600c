import { hostname } from 'node:os';
import type pg from 'pg';
import { lostError, mostLosses } from '../lost-tasks.ts';
import { inTransaction } from './claim-loop.ts';
import type { Runner } from './hot-statements.ts';
import { takeBack } from './hot-statements.ts';
import { type MovedTasks, settleMoved } from './settle.ts';

// Proof of life is twofold. A worker's session holds an advisory lock, which the database lets go of the moment the
// worker's process or its connection ends: most losses are found within a second. Where all sessions may have ended at
// once, with the server or the network, the others get time to come back. Behind it stands the heartbeat, for connections
// that are dead though nobody has said so.

/** How often a worker beats, in milliseconds; where that fails, again within a second. */
export const heartbeatMs = 10_000;
/** Without a heartbeat for so long a worker is lost, whatever its lock says, in milliseconds. */
const leaseMs = 30_000;

/** So long after it was cut off a worker may be on its way back: its tasks are left to it meanwhile, in milliseconds. */
export const comeBackMs = 5_000;
/** The server asks a session that is silent whether it lives: one whose machine or network is gone ends in 14 seconds. */
export const askWhetherAlive =
  'SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 3; SET tcp_keepalives_count = 3';

const databaseNowMs = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/** A worker as others find it. */
interface OtherWorker {
  id: string;
  lock_key: number;
  expired: boolean;
}

/** A positive number that only this worker uses. */
export function newLockKey(): number {
  return Math.floor(Math.random() * 2 ** 48) + 2 ** 32;
}

/** A worker as it tells others of itself. */
export interface RegisteredWorker {
  id: string;
  lockKey: number;
  /** Tasks that it may run at once; 0: it takes nothing more. Null: it does not say. */
  slots: number | null;
}

/** Takes the lock and says that the worker is there. On each connection of the worker's session. */
export async function registerWorker(client: pg.Client, { id, lockKey, slots }: RegisteredWorker): Promise<void> {
  await client.query('SELECT pg_try_advisory_lock($1)', [lockKey]);
  await client.query(
    `INSERT INTO workers (id, host, pid, lock_key, slots, started_at, heartbeat_at)
     VALUES ($1, $2, $3, $4, $5, ${databaseNowMs}, ${databaseNowMs})
     ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at, slots = excluded.slots`,
    [id, hostname(), process.pid, lockKey, slots],
  );
}

/** Says that the worker is still there. False where it has been taken for lost. */
export async function beat(runner: Runner, workerId: string): Promise<boolean> {
  const { rowCount } = await runner.query(`UPDATE workers SET heartbeat_at = ${databaseNowMs} WHERE id = $1`, [
    workerId,
  ]);
  return rowCount === 1;
}

/** Says that the worker takes nothing more. */
export async function retireWorker(runner: Runner, workerId: string): Promise<void> {
  await runner.query('UPDATE workers SET slots = 0 WHERE id = $1', [workerId]);
}

/** Says goodbye; the lock goes with the session. */
export async function deregisterWorker(runner: Runner, workerId: string): Promise<void> {
  await runner.query('DELETE FROM workers WHERE id = $1', [workerId]);
}

/**
 * Finds workers that are lost and takes back what they held. Only one process does it for each: its lock is the
 * dead worker's own. `judgesHeartbeats`: a worker that has not beaten in time is lost though it has its lock.
 */
export async function takeBackFromLost(
  client: pg.Client,
  pool: pg.Pool,
  { workerId, judgesHeartbeats, now }: { workerId: string; judgesHeartbeats: boolean; now: number },
): Promise<MovedTasks[]> {
  const { rows } = await client.query<OtherWorker>(
    `SELECT id, lock_key, heartbeat_at < ${databaseNowMs} - $2 AS expired FROM workers
     WHERE id <> $1 AND pg_postmaster_start_time() < clock_timestamp() - $3 * interval '1 millisecond'`,
    [workerId, leaseMs, comeBackMs],
  );
  const takenBack: MovedTasks[] = [];
  for (const other of rows) {
    const { rows: locked } = await client.query<{ free: boolean }>('SELECT pg_try_advisory_lock($1) AS free', [
      other.lock_key,
    ]);
    const isFree = locked[0]?.free === true;
    if (!isFree && !(other.expired && judgesHeartbeats)) continue;
    const chances = { mostLosses, error: lostError, now };
    takenBack.push(
      await inTransaction(pool, async (transaction) => {
        const moved = await takeBack(transaction, other.id, chances);
        return { moved, told: await settleMoved(transaction, moved, now) };
      }),
    );
    await deregisterWorker(client, other.id);
    if (isFree) await client.query('SELECT pg_advisory_unlock($1)', [other.lock_key]);
  }
  return takenBack;
}

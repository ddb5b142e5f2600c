import { setImmediate as nextTurn } from 'node:timers/promises';
import { hourMs, hourOf } from '../../full-hours.ts';
import type { StoreDoor } from '../../store/store.ts';
import type { Span } from '../period-window.ts';
import { badEndSums } from './bad-end-sums.ts';
import { StatisticsScope, StatisticsWriteScope } from './statistics-scope.ts';

/** An hour is summed up so long after its end at the earliest: what ended in it has been committed by then. */
const settledAfterMs = 5 * 60_000;
/** Tasks that one transaction sums up, about: others wait for it. No less than an hour. */
const tasksAtOnce = 2_000;
/** Stale hours that one look finds. */
const staleAtOnce = 100;

/**
 * Sums up a tenant's closed hours, and anew those into which something came later, so that statistics read sums and not
 * rows. Any number of processes may do so: they take turns. In bites, so that nobody waits for it.
 */
export async function foldHours(door: StoreDoor, tenantId: string, now: number): Promise<void> {
  if (!(await isBegun(door, tenantId))) return;
  while (await foldNext(door, tenantId, now)) await nextTurn();
  while (await foldStale(door, tenantId)) await nextTurn();
}

/** From the hour in which the tenant's first task ended. */
async function isBegun(door: StoreDoor, tenantId: string): Promise<boolean> {
  const scope = new StatisticsScope(tenantId, door.query);
  if ((await scope.fold().select('folded_until').executeTakeFirst()) !== undefined) return true;
  const first = await scope
    .tasks()
    .select('finished_at')
    .where('finished_at', 'is not', null)
    .orderBy('finished_at')
    .limit(1)
    .executeTakeFirst();
  if (first?.finished_at == null) return false;
  const from = hourOf(first.finished_at);
  await door.write(({ query }) => new StatisticsWriteScope(tenantId, query).beginFold(from));
  return true;
}

/** Sums up the next hours. Whether there may be more. */
function foldNext(door: StoreDoor, tenantId: string, now: number): Promise<boolean> {
  return door.write(async ({ query }) => {
    const scope = new StatisticsWriteScope(tenantId, query);
    const folded = await scope.lockFold();
    // By the database's clock, as those who notice what comes late; by ours too, which tests set.
    const closed = hourOf(Math.min(now, await scope.databaseNow()) - settledAfterMs);
    if (folded === undefined || folded.to >= closed) return false;
    const until = Math.min(await nextEnd(scope, folded.to), closed);
    await sumUp(scope, { from: folded.to, to: until });
    await scope.moveFold(until);
    return until < closed;
  });
}

/** Where the hour of the task ends with which a transaction has enough to do. By tasks_finished. */
async function nextEnd(scope: StatisticsScope, from: number): Promise<number> {
  const last = await scope
    .tasks()
    .select('finished_at')
    .where('finished_at', '>=', from)
    .orderBy('finished_at')
    .offset(tasksAtOnce)
    .limit(1)
    .executeTakeFirst();
  return last?.finished_at == null ? Number.POSITIVE_INFINITY : hourOf(last.finished_at) + hourMs;
}

/** Sums up anew a run of stale hours that follow each other. Whether there may be more. */
function foldStale(door: StoreDoor, tenantId: string): Promise<boolean> {
  return door.write(async ({ query }) => {
    const scope = new StatisticsWriteScope(tenantId, query);
    const folded = await scope.lockFold();
    if (folded === undefined) return false;
    const stale = await scope
      .staleHours()
      .select('hour')
      .where('hour', '>=', folded.from)
      .where('hour', '<', folded.to)
      .orderBy('hour')
      .limit(staleAtOnce)
      .execute();
    const [first] = stale;
    if (first === undefined) return false;
    const end = stale.findIndex(({ hour }, at) => hour !== first.hour + at * hourMs);
    const hours = end < 0 ? stale.length : end;
    const until = Math.min(first.hour + hours * hourMs, await nextEnd(scope, first.hour));
    await sumUp(scope, { from: first.hour, to: until });
    return true;
  });
}

async function sumUp(scope: StatisticsWriteScope, span: Span): Promise<void> {
  await scope.takeStale(span);
  await scope.sumUp(span, await badEndSums(scope, span));
}

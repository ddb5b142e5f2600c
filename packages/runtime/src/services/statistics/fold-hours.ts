import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TaskError } from '@runctl/tasks';
import type { BadEndHourRow } from '../../store/statistics-rows.ts';
import type { StoreDoor } from '../../store/store.ts';
import type { Span } from '../period-window.ts';
import { parseStored } from '../wire/stored-json.ts';
import { StatisticsScope, StatisticsWriteScope } from './statistics-scope.ts';

const hourMs = 60 * 60_000;
/** An hour is summed up so long after its end at the earliest: what ended in it has been committed by then. */
const settledAfterMs = 5 * 60_000;
/** Tasks that one transaction sums up, about: others wait for it. No less than an hour. */
const tasksAtOnce = 2_000;
/** Sums of tasks that came to nothing, before they have their tenant. */
type BadEndSum = Omit<BadEndHourRow, 'tenant_id'>;

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

/**
 * Why tasks of agents came to nothing in a span, which stands in their errors; simulated ones left out. By
 * tasks_finished, each row by its key.
 */
export async function badEndSums(scope: StatisticsScope, { from, to }: Span, agentId?: string): Promise<BadEndSum[]> {
  let ended = scope
    .tasks()
    .where('finished_at', '>=', from)
    .where('finished_at', '<', to)
    .where('status', 'in', ['failed', 'cancelled'])
    .where('simulated', '=', 0);
  ended = agentId === undefined ? ended.where('agent_id', 'is not', null) : ended.where('agent_id', '=', agentId);
  const rows = await ended.select(['agent_id', 'status', 'finished_at', 'error', 'cost_microusd']).execute();
  const sums = new Map<string, BadEndSum>();
  for (const { agent_id, status, finished_at, error, cost_microusd } of rows) {
    const [code, hour] = [codeOf(error), hourOf(finished_at ?? 0)];
    const key = JSON.stringify([agent_id, hour, status, code]);
    const none = { agent_id: agent_id ?? '', hour, status, code, total: 0, cost_microusd: 0, priced: 0 };
    const sum = sums.get(key) ?? none;
    sum.total += 1;
    sum.cost_microusd += cost_microusd ?? 0;
    sum.priced += cost_microusd === null ? 0 : 1;
    sums.set(key, sum);
  }
  return [...sums.values()];
}

/** Of a stored error; empty where there is none. */
function codeOf(error: string | null): string {
  return error === null ? '' : (parseStored<Partial<TaskError>>(error).code ?? '');
}

function hourOf(instant: number): number {
  return Math.floor(instant / hourMs) * hourMs;
}

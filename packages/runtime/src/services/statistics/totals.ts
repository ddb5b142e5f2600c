import type { TaskStatus } from '@runctl/tasks';
import { sql } from 'kysely';
import type { Span } from '../period-window.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { bucketOf } from '../usage/ledger.ts';
import { type Cover, isCovered, readCover, uncovered, without } from './cover.ts';
import { Durations } from './durations.ts';
import {
  countFinished,
  type DetailedTotals,
  type FinishedFilter,
  type FinishedTotals,
  hourColumns,
  hourDetails,
  hourSamples,
  hourSum,
  mergeDetails,
  mergeTotals,
  mergeVersions,
  toDetails,
  toTotals,
  totalByVersion,
  totalFinished,
  totalInDetail,
  type VersionTotals,
} from './finished-tasks.ts';
import type { StatisticsScope } from './statistics-scope.ts';
import { mergeTools, type ToolTotals, totalTools } from './tool-steps.ts';

// What finished tasks come to. Of hours that are summed up the sums are read, of the rest the rows: the hour that is
// open, what a window cuts off an hour at its ends, and hours into which something came late.

/** Whose tasks: a tenant's where neither is named. */
type Whose = Pick<FinishedFilter, 'agentId' | 'teamId'>;

/** Of each of some spans that follow each other. @param created When the tasks were created. Default: whenever. */
export async function totalsOf(
  scope: TenantScope,
  spans: readonly Span[],
  whose: Whose,
  created?: Span,
): Promise<FinishedTotals[]> {
  const statistics = scope.statistics();
  const cover = await coverOf(statistics, spans, whose, created);
  const rows = await inHours(statistics, cover, whose)
    .select(hourColumns)
    .select(bucketsOf(spans).as('bucket'))
    .groupBy('bucket')
    .execute();
  const fromRows = (finished: Span) =>
    totalFinished(scope, { finished, ...whose, ...(created === undefined ? {} : { created }) });
  return inBuckets(spans, cover, rows, toTotals, fromRows, mergeTotals);
}

/** As {@link totalsOf}, of an agent, with the details. */
export async function detailsOf(
  scope: TenantScope,
  spans: readonly Span[],
  agentId: string,
): Promise<DetailedTotals[]> {
  const statistics = scope.statistics();
  const cover = await coverOf(statistics, spans, { agentId });
  const rows = await inHours(statistics, cover, { agentId })
    .select([...hourColumns, ...hourDetails])
    .select(bucketsOf(spans).as('bucket'))
    .groupBy('bucket')
    .execute();
  const fromRows = (finished: Span) => totalInDetail(scope, { finished, agentId });
  return inBuckets(spans, cover, rows, toDetails, fromRows, mergeDetails);
}

/** An agent's versions, newest first; simulated tasks left out. */
export async function versionsIn(scope: TenantScope, window: Span, agentId: string): Promise<VersionTotals[]> {
  const statistics = scope.statistics();
  const cover = await readCover(statistics, window);
  const rows = await inHours(statistics, cover, { agentId })
    .where('agent_version', '>', 0)
    .where('simulated', '=', 0)
    .select(hourColumns)
    .select(['agent_version as version', hourSum('steps')])
    .groupBy('agent_version')
    .execute();
  const summed = rows.map((row) => ({ ...toTotals(row), version: row.version, steps: row.steps ?? 0 }));
  const rest = uncovered(window, cover).map((finished) => totalByVersion(scope, { finished, agentId }));
  return mergeVersions([summed, ...(await Promise.all(rest))]);
}

/** Tools that an agent called in a window, most called first: all calls, or those of tasks that were not simulated. */
export async function toolsIn(
  scope: TenantScope,
  window: Span,
  agentId: string,
  which: 'all' | 'real',
): Promise<ToolTotals[]> {
  const statistics = scope.statistics();
  const cover = await readCover(statistics, window);
  let hours = statistics.toolHours().where('agent_id', '=', agentId).where(isCovered(cover));
  if (which === 'real') hours = hours.where('simulated', '=', 0);
  const rows = await hours
    .select(['name', hourSum('calls'), hourSum('errors'), hourSamples('durations')])
    .groupBy('name')
    .execute();
  const summed = rows.map(({ name, calls, errors, durations }) => {
    return { name, calls: calls ?? 0, errors: errors ?? 0, durations: Durations.read(durations) };
  });
  const rest = uncovered(window, cover).map((span) => totalTools(scope, agentId, span, which));
  return mergeTools([summed, ...(await Promise.all(rest))]);
}

/** How many tasks have ended in one of some ways, ever. */
export async function countEnded(scope: TenantScope, whose: Whose, statuses: readonly TaskStatus[]): Promise<number> {
  const statistics = scope.statistics();
  const ever = { from: 0, to: Number.MAX_SAFE_INTEGER };
  const cover = await coverOf(statistics, [ever], whose);
  const rows = await inHours(statistics, cover, whose)
    .select([hourSum('total'), hourSum('completed'), hourSum('failed')])
    .execute();
  const [{ total, completed, failed } = { total: 0, completed: 0, failed: 0 }] = rows;
  const summed = new Map<TaskStatus, number>([
    ['completed', completed ?? 0],
    ['failed', failed ?? 0],
    ['cancelled', (total ?? 0) - (completed ?? 0) - (failed ?? 0)],
  ]);
  const rest = uncovered(ever, cover).map((finished) => countFinished(scope, { finished, ...whose }, statuses));
  const known = statuses.reduce((sum, status) => sum + (summed.get(status) ?? 0), 0);
  return (await Promise.all(rest)).reduce((sum, count) => sum + count, known);
}

/** By the primary key of finished_hours. */
export function inHours(scope: StatisticsScope, cover: Cover, { agentId, teamId }: Whose) {
  const owner = agentId ?? teamId ?? '';
  return scope.finishedHours().where('owner', '=', owner).where(isCovered(cover));
}

/** There are no sums of what an agent did for a team. Hours with tasks from outside a window are counted by the rows. */
async function coverOf(scope: StatisticsScope, spans: readonly Span[], whose: Whose, created?: Span): Promise<Cover> {
  const window = { from: spans[0]?.from ?? 0, to: spans.at(-1)?.to ?? 0 };
  if (whose.agentId !== undefined && whose.teamId !== undefined) return readCover(scope, { from: 0, to: 0 });
  const cover = await readCover(scope, window);
  if (created === undefined) return cover;
  const beyond = await inHours(scope, cover, whose)
    .where(({ eb, or }) => or([eb('oldest', '<', created.from), eb('newest', '>=', created.to)]))
    .select('hour')
    .execute();
  return without(
    cover,
    beyond.map(({ hour }) => hour),
  );
}

/** Which of the spans an hour is in. They have one width, but for the first and the last, which a window cuts. */
export function bucketsOf(spans: readonly Span[]) {
  const [first, second, third] = spans;
  if (first === undefined || second === undefined) return sql<number>`CAST(0 AS BIGINT)`;
  const widthMs = (third?.from ?? second.to) - second.from;
  return bucketOf('hour', { start: second.from - widthMs, widthMs });
}

async function inBuckets<Row extends { bucket: number }, Totals>(
  spans: readonly Span[],
  cover: Cover,
  rows: readonly Row[],
  fromSums: (row: Row) => Totals,
  fromRows: (span: Span) => Promise<Totals>,
  merge: (parts: Totals[]) => Totals,
): Promise<Totals[]> {
  const summed = new Map(rows.map((row) => [row.bucket, fromSums(row)]));
  const parts = spans.map(async (span, bucket) => {
    const own = summed.get(bucket);
    const rest = await Promise.all(uncovered(span, cover).map(fromRows));
    return merge(own === undefined ? rest : [own, ...rest]);
  });
  return Promise.all(parts);
}

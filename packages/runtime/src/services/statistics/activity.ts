import { sql } from 'kysely';
import type { Span } from '../period-window.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { isCovered, readCover, uncovered } from './cover.ts';
import { hourSum } from './finished-tasks.ts';
import type { StatisticsScope } from './statistics-scope.ts';
import { bucketsOf, inHours } from './totals.ts';

/** How busy a tenant was: by the tasks that ended. */
export interface Activity {
  total: number;
  failed: number;
  /** From start to end, all together. */
  busyMs: number;
  agentIds: ReadonlySet<string>;
}

/** Of each of some spans that follow each other. From the sums of hours where there are some, else from the rows. */
export async function activityOf(scope: TenantScope, spans: readonly Span[]): Promise<Activity[]> {
  const statistics = scope.statistics();
  const cover = await readCover(statistics, { from: spans[0]?.from ?? 0, to: spans.at(-1)?.to ?? 0 });
  const bucket = bucketsOf(spans).as('bucket');
  const sums = await inHours(statistics, cover, {})
    .select([bucket, hourSum('total'), hourSum('failed'), hourSum('busy_ms')])
    .groupBy('bucket')
    .execute();
  // By finished_hours_by_hour.
  const ofAgents = statistics.finishedHours().where('kind', '=', 'agent').where(isCovered(cover));
  const agents = await ofAgents.select([bucket, 'owner']).distinct().execute();
  return Promise.all(
    spans.map(async (span, at) => {
      const own = sums.filter((row) => row.bucket === at);
      const rest = (await Promise.all(uncovered(span, cover).map((each) => fromRows(statistics, each)))).flat();
      const add = (values: readonly (number | null)[]) => values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
      const ids = agents.filter((row) => row.bucket === at).map(({ owner }) => owner);
      return {
        total: add([...own, ...rest].map(({ total }) => total)),
        failed: add([...own, ...rest].map(({ failed }) => failed)),
        busyMs: add([...own, ...rest].map(({ busy_ms }) => busy_ms)),
        agentIds: new Set([...ids, ...rest.flatMap(({ agent_id }) => agent_id ?? [])]),
      };
    }),
  );
}

/** From the index tasks_finished alone. */
function fromRows(scope: StatisticsScope, { from, to }: Span) {
  return scope
    .tasks()
    .where('finished_at', '>=', from)
    .where('finished_at', '<', to)
    .select([
      'agent_id',
      sql<number>`count(*)`.as('total'),
      sql<number>`count(*) FILTER (WHERE status = 'failed')`.as('failed'),
      sql<number>`CAST(sum(coalesce(finished_at - started_at, 0)) AS BIGINT)`.as('busy_ms'),
    ])
    .groupBy('agent_id')
    .execute();
}

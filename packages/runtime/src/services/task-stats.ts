import type { WireQuery } from '@runctl/core';
import type { ExecutionHistory, TaskStats, TaskStatsQuery, TaskStatus } from '@runctl/tasks';
import { sql } from 'kysely';
import { buckets, resolveWindow, type Span, toPeriodWindow, type Window } from './period-window.ts';
import {
  addUsd,
  type FinishedFilter,
  type FinishedTotals,
  mergeTotals,
  successRate,
} from './statistics/finished-tasks.ts';
import { totalsOf } from './statistics/totals.ts';
import type { TenantScope } from './tenant-scope.ts';
import { formatTimestamp, formatTimestampOrNull } from './wire/format-timestamp.ts';
import { toUsd } from './wire/money.ts';

type Whose = Pick<FinishedFilter, 'agentId' | 'teamId'>;

/** How a tenant's tasks did. Every task counts, simulated ones too: they ran. */
export class TaskStatsService {
  readonly #now: () => number;

  constructor({ now }: { now: () => number }) {
    this.#now = now;
  }

  /** Of the tasks created in the window; by default the last 30 days. @throws {Failure} `request.invalid` */
  async getStats(scope: TenantScope, query: WireQuery<TaskStatsQuery>): Promise<TaskStats> {
    const created = resolveWindow(query, this.#now(), 'month');
    const ended = await this.#ended(scope, created, whose(query));
    const open = await countOpen(scope, created, whose(query));
    const byStatus = { ...open.byStatus, completed: ended.completed, failed: ended.failed, cancelled: ended.cancelled };
    return {
      total: ended.total + open.total,
      byStatus,
      successRate: successRate(ended),
      avgDurationMs: ended.durations.average(),
      p95DurationMs: ended.durations.percentile(0.95),
      oldestQueuedAt: formatTimestampOrNull(open.oldestQueuedAt),
      tokens: ended.tokens + open.tokens,
      costUsd: addUsd([ended.costUsd, open.costUsd]),
    };
  }

  /** Those that were created in the window did not end before it. */
  async #ended(scope: TenantScope, created: Window, of: Whose): Promise<FinishedTotals> {
    const finished = { from: created.from, to: Number.MAX_SAFE_INTEGER };
    return mergeTotals(await totalsOf(scope, [finished], of, created));
  }

  /** Of the tasks that ended in the window; by default the last 24 hours. @throws {Failure} `request.invalid` */
  async getHistory(scope: TenantScope, query: WireQuery<TaskStatsQuery>): Promise<ExecutionHistory> {
    const window = resolveWindow(query, this.#now(), 'day');
    const spans = buckets(window);
    const totals = await totalsOf(scope, spans, whose(query));
    const points = totals.map(({ total, completed, failed, cancelled, tokens, costUsd, durations }, at) => ({
      timestamp: formatTimestamp(spans[at]?.start ?? window.from),
      total,
      completed,
      failed,
      cancelled,
      p95DurationMs: durations.percentile(0.95),
      tokens,
      costUsd,
    }));
    return { ...toPeriodWindow(window), points };
  }
}

function whose({ agentId, teamId }: Whose): Whose {
  return { ...(agentId === undefined ? {} : { agentId }), ...(teamId === undefined ? {} : { teamId }) };
}

/** By tasks_open: those that have not ended are few. */
async function countOpen(scope: TenantScope, created: Span, { agentId, teamId }: Whose) {
  let open = scope
    .tasks()
    .where('finished_at', 'is', null)
    .where('created_at', '>=', created.from)
    .where('created_at', '<', created.to);
  if (agentId !== undefined) open = open.where('agent_id', '=', agentId);
  if (teamId !== undefined) open = open.where('team_id', '=', teamId);
  const rows = await open
    .select([
      'status',
      sql<number>`count(*)`.as('count'),
      sql<number>`min(created_at)`.as('oldest'),
      sql<number>`CAST(sum(input_tokens + output_tokens) AS BIGINT)`.as('tokens'),
      sql<number | null>`CAST(sum(cost_microusd) AS BIGINT)`.as('cost'),
      sql<number>`count(cost_microusd)`.as('priced'),
    ])
    .groupBy('status')
    .execute();
  const byStatus: Record<TaskStatus, number> = {
    scheduled: 0,
    queued: 0,
    running: 0,
    waiting: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
  };
  for (const { status, count } of rows) byStatus[status] = count;
  return {
    byStatus,
    total: rows.reduce((total, { count }) => total + count, 0),
    oldestQueuedAt: rows.find(({ status }) => status === 'queued')?.oldest ?? null,
    tokens: rows.reduce((total, { tokens }) => total + tokens, 0),
    costUsd: addUsd(rows.map(({ cost, priced, count }) => (priced < count ? null : toUsd(cost ?? 0)))),
  };
}

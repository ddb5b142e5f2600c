import type { PeriodQuery, WireQuery } from '@runctl/core';
import type { CostHistory, TokenUsage, TokenUsageHistory, UsageHistory } from '@runctl/tenants';
import { sql } from 'kysely';
import type { AccountScope } from '../accounts/account-scope.ts';
import { buckets, resolveWindow, toPeriodWindow, type Window } from '../period-window.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { formatTimestamp } from '../wire/format-timestamp.ts';
import { toUsd } from '../wire/money.ts';
import { bucketOf, groupSums, type LedgerEntry, type LedgerSums, noSums, readLedger, totalOf } from './ledger.ts';

/** What a history covers where the query does not say. */
const defaultPeriod = '7d';

/** What a tenant used, bucket by bucket. */
export class UsageHistories {
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Tasks by when they ended. The seconds are from a task's first start to its end, all in the bucket of its end.
   *
   * @throws {Failure} `request.invalid`
   */
  async tasks(scope: TenantScope, query: WireQuery<PeriodQuery>): Promise<UsageHistory> {
    const window = resolveWindow(query, this.#now(), defaultPeriod);
    const cut = buckets(window);
    const ended = await readEnded(scope.account(), window, cut);
    const points = cut.map(({ start }, bucket) => {
      const rows = ended.filter((row) => row.bucket === bucket);
      return {
        timestamp: formatTimestamp(start),
        tasks: rows.reduce((sum, { tasks }) => sum + tasks, 0),
        failedTasks: rows.reduce((sum, { failed }) => sum + failed, 0),
        activeAgents: new Set(rows.flatMap(({ agent_id }) => agent_id ?? [])).size,
        computeSeconds: rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1_000,
      };
    });
    return { ...toPeriodWindow(window), points };
  }

  /** @throws {Failure} `request.invalid` */
  async tokens(scope: TenantScope, query: WireQuery<PeriodQuery>): Promise<TokenUsageHistory> {
    const { window, starts, entries } = await this.#read(scope, query);
    const byModel = groupSums(entries, ({ modelProvider, model }) => JSON.stringify([modelProvider, model]));
    const byAgent = groupSums(entries, ({ agentId }) => agentId);
    return {
      ...toPeriodWindow(window),
      totals: toTokenUsage(totalOf(entries)),
      points: inBuckets(starts, entries).map(([timestamp, sums]) => ({ timestamp, ...toTokenUsage(sums) })),
      byModel: [...byModel].map(([name, sums]) => {
        const [modelProvider, model] = JSON.parse(name) as [string, string];
        return { modelProvider, model, ...toTokenUsage(sums) };
      }),
      byAgent: [...byAgent].map(([agentId, sums]) => ({ agentId, ...toTokenUsage(sums) })),
    };
  }

  /** @throws {Failure} `request.invalid` */
  async costs(scope: TenantScope, query: WireQuery<PeriodQuery>): Promise<CostHistory> {
    const { window, starts, entries } = await this.#read(scope, query);
    const { costMicrousd, unpricedTokens } = totalOf(entries);
    return {
      ...toPeriodWindow(window),
      currency: 'USD',
      total: toUsd(costMicrousd) ?? 0,
      unpricedTokens,
      points: inBuckets(starts, entries).map(([timestamp, sums]) => {
        return { timestamp, amount: toUsd(sums.costMicrousd) ?? 0, unpricedTokens: sums.unpricedTokens };
      }),
      byAgent: [...groupSums(entries, ({ agentId }) => agentId)].map(([agentId, sums]) => {
        return { agentId, amount: toUsd(sums.costMicrousd) ?? 0 };
      }),
    };
  }

  async #read(
    scope: TenantScope,
    query: WireQuery<PeriodQuery>,
  ): Promise<{ window: Window; starts: number[]; entries: LedgerEntry[] }> {
    const window = resolveWindow(query, this.#now(), defaultPeriod);
    const starts = buckets(window).map(({ start }) => start);
    const grid = { start: starts[0] ?? window.from, widthMs: widthOf(starts, window) };
    const entries = await readLedger(scope.account(), { start: window.from, end: window.to }, grid);
    return { window, starts, entries };
  }
}

/** Buckets follow each other without a gap; of a single one the width does not matter. */
function widthOf([first, second]: readonly number[], { from, to }: Window): number {
  return first === undefined || second === undefined ? Math.max(to - (first ?? from), 1) : second - first;
}

function inBuckets(starts: readonly number[], entries: readonly LedgerEntry[]): [string, LedgerSums][] {
  const sums = groupSums(entries, ({ bucket }) => String(bucket));
  return starts.map((start, bucket) => [formatTimestamp(start), sums.get(String(bucket)) ?? noSums]);
}

function toTokenUsage(sums: LedgerSums): TokenUsage {
  return {
    inputTokens: sums.inputTokens,
    cacheReadTokens: sums.cacheReadTokens,
    cacheWriteTokens: sums.cacheWriteTokens,
    outputTokens: sums.outputTokens,
    reasoningTokens: sums.reasoningTokens,
    costUsd: sums.unpricedTokens > 0 ? null : toUsd(sums.costMicrousd),
  };
}

interface EndedRow {
  bucket: number;
  agent_id: string | null;
  tasks: number;
  failed: number;
  milliseconds: number;
}

/** From the index tasks_finished alone. */
async function readEnded(
  account: AccountScope,
  window: Window,
  cut: readonly { start: number }[],
): Promise<EndedRow[]> {
  const starts = cut.map(({ start }) => start);
  const [first = window.from] = starts;
  const width = widthOf(starts, window);
  const ended = account
    .tasks()
    .where('finished_at', '>=', window.from)
    .where('finished_at', '<', window.to)
    .select(['agent_id', 'status', 'started_at', 'finished_at'])
    .select(bucketOf('finished_at', { start: first, widthMs: width }).as('bucket'));
  const { rows } = await sql<EndedRow>`
    SELECT bucket, agent_id, count(*) AS tasks,
      CAST(sum(CASE WHEN status = 'failed' THEN 1 ELSE 0 END) AS BIGINT) AS failed,
      CAST(sum(coalesce(finished_at - started_at, 0)) AS BIGINT) AS milliseconds
    FROM (${ended}) AS ended GROUP BY bucket, agent_id`.execute(account.reader());
  return rows;
}

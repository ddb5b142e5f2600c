import type { PeriodQuery, WireQuery } from '@runctl/core';
import type { CostHistory, TokenUsage, TokenUsageHistory, UsageHistory } from '@runctl/tenants';
import { buckets, resolveWindow, toPeriodWindow, type Window } from '../period-window.ts';
import { activityOf } from '../statistics/activity.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { formatTimestamp } from '../wire/format-timestamp.ts';
import { toUsd } from '../wire/money.ts';
import { groupSums, type LedgerEntry, type LedgerSums, noSums, readLedger, totalOf } from './ledger.ts';

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
    const activity = await activityOf(scope, cut);
    const points = activity.map(({ total, failed, agentIds, busyMs }, bucket) => ({
      timestamp: formatTimestamp(cut[bucket]?.start ?? window.from),
      tasks: total,
      failedTasks: failed,
      activeAgents: agentIds.size,
      computeSeconds: busyMs / 1_000,
    }));
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

import type { AgentMetrics } from '@runctl/agents';
import type { PeriodQuery, WireQuery } from '@runctl/core';
import { findAgent } from './agents.ts';
import { buckets, resolveWindow, toPeriodWindow } from './period-window.ts';
import { mergeDetails, successRate } from './statistics/finished-tasks.ts';
import { detailsOf, toolsIn } from './statistics/totals.ts';
import type { TenantScope } from './tenant-scope.ts';
import { formatTimestamp } from './wire/format-timestamp.ts';

/** What an agent did in a window of time; by default the last 24 hours. Every task counts, simulated ones too. */
export class AgentMetricsService {
  readonly #now: () => number;

  constructor({ now }: { now: () => number }) {
    this.#now = now;
  }

  /** @throws {Failure} `agent.not_found`, `request.invalid` */
  async getMetrics(scope: TenantScope, agentId: string, query: WireQuery<PeriodQuery>): Promise<AgentMetrics> {
    await findAgent(scope, agentId);
    const window = resolveWindow(query, this.#now(), 'day');
    const spans = buckets(window);
    const parts = await detailsOf(scope, spans, agentId);
    const tools = await toolsIn(scope, window, agentId, 'all');
    const all = mergeDetails(parts);
    return {
      agentId: agentId as AgentMetrics['agentId'],
      ...toPeriodWindow(window),
      tasks: {
        total: all.total,
        completed: all.completed,
        failed: all.failed,
        cancelled: all.cancelled,
        successRate: successRate(all),
      },
      duration: all.durations.toLatency(),
      queueWait: all.waits.toLatency(),
      usage: all.usage,
      tools: tools.map(({ name, calls, errors, durations }) => {
        return { name, calls, errors, p95Ms: durations.percentile(0.95) };
      }),
      points: parts.map(({ total, failed, tokens, costUsd, durations }, at) => ({
        timestamp: formatTimestamp(spans[at]?.start ?? window.from),
        tasks: total,
        failed,
        p95Ms: durations.percentile(0.95),
        tokens,
        costUsd,
      })),
    };
  }
}

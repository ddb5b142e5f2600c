import type { AgentMetrics } from '@runctl/agents';
import type { PeriodQuery, WireQuery } from '@runctl/core';
import { findAgent } from './agents.ts';
import { buckets, resolveWindow, toPeriodWindow } from './period-window.ts';
import { Durations } from './statistics/durations.ts';
import { mergeDetails, successRate } from './statistics/finished-tasks.ts';
import type { KnownTotals } from './statistics/known-totals.ts';
import { newestTools, type ToolStep } from './statistics/tool-steps.ts';
import type { TenantScope } from './tenant-scope.ts';
import { formatTimestamp } from './wire/format-timestamp.ts';

/** What an agent did in a window of time; by default the last 24 hours. Every task counts, simulated ones too. */
export class AgentMetricsService {
  readonly #now: () => number;
  readonly #totals: KnownTotals;

  constructor({ now, totals }: { now: () => number; totals: KnownTotals }) {
    this.#now = now;
    this.#totals = totals;
  }

  /** @throws {Failure} `agent.not_found`, `request.invalid` */
  async getMetrics(scope: TenantScope, agentId: string, query: WireQuery<PeriodQuery>): Promise<AgentMetrics> {
    await findAgent(scope, agentId);
    const window = resolveWindow(query, this.#now(), 'day');
    const spans = buckets(window);
    const parts = await Promise.all(
      spans.map(({ start: _start, ...finished }) => this.#totals.detail(scope, finished, agentId)),
    );
    const calls = await Promise.all(spans.toReversed().map((span) => this.#totals.tools(scope, span, agentId, 'all')));
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
      tools: byTool(newestTools(calls)),
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

/** Most called first. */
function byTool(steps: readonly ToolStep[]): AgentMetrics['tools'] {
  const calls = new Map<string, ToolStep[]>();
  for (const step of steps) {
    const own = calls.get(step.name);
    if (own === undefined) calls.set(step.name, [step]);
    else own.push(step);
  }
  const rows = [...calls].map(([name, own]) => ({
    name,
    calls: own.length,
    errors: own.filter(({ hasFailed }) => hasFailed).length,
    p95Ms: Durations.read(own.map(({ durationMs }) => durationMs).join(',')).percentile(0.95),
  }));
  return rows.sort((a, b) => b.calls - a.calls || (a.name < b.name ? -1 : 1));
}

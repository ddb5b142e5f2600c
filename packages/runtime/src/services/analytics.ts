import type { Agent, AgentPerformance, AgentWaste, ApprovalRates, OptimizationMetrics } from '@runctl/agents';
import type { PeriodQuery, WireQuery } from '@runctl/core';
import type { AgentRow } from '../store/schema.ts';
import { type AgentService, findAgent } from './agents.ts';
import { feedbackRates, toolCallRate } from './analytics/approval-rates.ts';
import { type BadEndTotals, badEndTotals, newestBadEnds } from './analytics/ended-badly.ts';
import { clusterFailures, mostExamples } from './analytics/failure-clusters.ts';
import { rate } from './analytics/rate.ts';
import { tasksWithRepeats } from './analytics/repeated-calls.ts';
import { isUseless, suggest, suggestedFor } from './analytics/suggestions.ts';
import { workflowApprovalRate } from './analytics/workflow-approvals.ts';
import { Failure, notFound } from './failure.ts';
import { resolveWindow, toPeriodWindow, type Window } from './period-window.ts';
import type { VersionTotals } from './statistics/finished-tasks.ts';
import { lastFailedTools, type ToolTotals, tasksWithFailedTool } from './statistics/tool-steps.ts';
import { toolsIn, versionsIn } from './statistics/totals.ts';
import type { TenantScope, TenantWriteScope } from './tenant-scope.ts';
import { storedConfig } from './wire/agent.ts';
import { toUsd } from './wire/money.ts';

/** What a window is where none is named: suggestions are looked for in the others too when one is applied. */
const defaultPeriod = 'month';
const usualPeriods = [defaultPeriod, 'week', 'day', '90d', '365d'];

/** What analytics need. */
interface AnalyticsParts {
  now: () => number;
  agents: Pick<AgentService, 'update'>;
}

/** How well agents do, and what would make them better. Simulated tasks are left out of every figure. */
export class AnalyticsService {
  readonly #now: () => number;
  readonly #agents: Pick<AgentService, 'update'>;

  constructor({ now, agents }: AnalyticsParts) {
    this.#now = now;
    this.#agents = agents;
  }

  /** @throws {Failure} `agent.not_found`, `request.invalid` */
  async getPerformance(scope: TenantScope, agentId: string, query: WireQuery<PeriodQuery>): Promise<AgentPerformance> {
    await findAgent(scope, agentId);
    const window = resolveWindow(query, this.#now(), defaultPeriod);
    const approvals = await feedbackRates(scope, agentId, window);
    const versions = await versionsIn(scope, window, agentId);
    return {
      agentId: agentId as AgentPerformance['agentId'],
      ...toPeriodWindow(window),
      versions: versions.map((totals) => ({
        version: totals.version,
        tasks: totals.total,
        successRate: rate(totals.completed, totals.completed + totals.failed),
        approvalRate: approvals.byVersion.get(totals.version) ?? rate(0, 0),
        duration: totals.durations.toLatency(),
        stepsPerTask: Math.round((totals.steps / totals.total) * 100) / 100,
        costUsdPerSuccess: costPerSuccess(totals),
      })),
    };
  }

  /** Three rates, never mixed. @throws {Failure} `agent.not_found`, `request.invalid` */
  async getApprovalRates(scope: TenantScope, agentId: string, query: WireQuery<PeriodQuery>): Promise<ApprovalRates> {
    await findAgent(scope, agentId);
    const window = resolveWindow(query, this.#now(), defaultPeriod);
    const { all: feedback } = await feedbackRates(scope, agentId, window);
    return {
      agentId: agentId as ApprovalRates['agentId'],
      ...toPeriodWindow(window),
      toolCalls: await toolCallRate(scope, agentId, window),
      feedback,
      workflowApprovals: await workflowApprovalRate(scope, agentId, window),
    };
  }

  /** @throws {Failure} `agent.not_found`, `request.invalid` */
  async getOptimization(
    scope: TenantScope,
    agentId: string,
    query: WireQuery<PeriodQuery>,
  ): Promise<OptimizationMetrics> {
    const agent = await findAgent(scope, agentId);
    const window = resolveWindow(query, this.#now(), defaultPeriod);
    return {
      agentId: agentId as OptimizationMetrics['agentId'],
      ...toPeriodWindow(window),
      ...(await optimize(scope, agent, window)),
    };
  }

  /**
   * Makes the version that a suggestion proposes.
   *
   * @throws {Failure} `agent.not_found`, `suggestion.not_found`; `agent.changed` - the agent has another version now
   */
  async applySuggestion(scope: TenantWriteScope, agentId: string, suggestionId: string): Promise<Agent> {
    const agent = await findAgent(scope, agentId);
    const version = suggestedFor(suggestionId);
    if (version !== undefined && version !== agent.version && version <= agent.version) {
      throw new Failure('agent.changed', `The suggestion was made for version ${version}, not ${agent.version}.`, {
        resource: 'agent',
        resourceId: agentId,
        hint: 'Ask for suggestions again: they rest on the agent as it is.',
      });
    }
    for (const period of version === undefined ? [] : usualPeriods) {
      const window = resolveWindow({ period: period as 'month' }, this.#now(), period);
      const { suggestions } = await optimize(scope, agent, window);
      const found = suggestions.find(({ id }) => id === suggestionId);
      if (found !== undefined) return this.#agents.update(scope, agentId, found.change, agent.version);
    }
    throw notFound('suggestion', suggestionId);
  }
}

async function optimize(
  scope: TenantScope,
  agent: AgentRow,
  window: Window,
): Promise<Pick<OptimizationMetrics, 'waste' | 'failures' | 'suggestions'>> {
  const ends = await badEndTotals(scope, agent.id, window);
  const newest = await newestBadEnds(scope, agent.id, window);
  const repeating = await tasksWithRepeats(scope, agent.id, window);
  const tools = await toolsIn(scope, window, agent.id, 'real');
  const versions = await versionsIn(scope, window, agent.id);
  const failed = newest.filter(({ status }) => status === 'failed');
  const failedToolOf = await lastFailedTools(
    scope,
    failed.map(({ id }) => id),
  );
  const configs = new Map(
    (await scope.agentVersions().select(['version', 'config']).where('agent_id', '=', agent.id).execute()).map(
      (row) => [row.version, storedConfig(row)],
    ),
  );
  return {
    waste: [
      ...wasteOf(ends),
      waste(
        'repeated_tool_call',
        repeating.length,
        repeating.map(({ cost_microusd }) => cost_microusd),
      ),
    ],
    failures: clusterFailures(failed, failedToolOf),
    suggestions: suggest({
      agentId: agent.id,
      version: agent.version,
      config: storedConfig(agent),
      ended: versions.reduce((sum, totals) => sum + totals.completed + totals.failed, 0),
      endedBy: (code) => ends.reduce((sum, each) => sum + (each.code === code ? each.total : 0), 0),
      badEnds: newest,
      tools: await withFailures(scope, agent.id, window, tools),
      repeatingTaskIds: repeating.map(({ id }) => id),
      versions: versions.flatMap((totals) => {
        const config = configs.get(totals.version);
        return config === undefined ? [] : [{ version: totals.version, totals, config }];
      }),
    }),
  };
}

/** Tools with the tasks that speak against them, which are looked for where there is something to be said. */
function withFailures(scope: TenantScope, agentId: string, window: Window, tools: readonly ToolTotals[]) {
  const read = async ({ name, calls, errors }: ToolTotals) => {
    const most = isUseless({ calls, errors }) ? mostExamples : 0;
    const failedIn = most === 0 ? [] : await tasksWithFailedTool(scope, agentId, window, { name, most });
    return { name, calls, errors, failedIn };
  };
  return Promise.all(tools.map(read));
}

/** A task stands under its narrowest kind; `failed` has what is no other. */
function wasteOf(ends: readonly BadEndTotals[]): AgentWaste[] {
  const kindOf = ({ status, code }: BadEndTotals): AgentWaste['kind'] => {
    if (status === 'cancelled') return 'cancelled';
    if (code === 'max_steps') return 'max_steps';
    return code === 'loop_detected' ? 'loop' : 'failed';
  };
  return (['failed', 'cancelled', 'max_steps', 'loop'] as const).map((kind) => {
    const own = ends.filter((end) => kindOf(end) === kind);
    const costs = own.map(({ costMicroUsd }) => costMicroUsd);
    const tasks = own.reduce((sum, { total }) => sum + total, 0);
    return waste(kind, tasks, costs);
  });
}

function waste(kind: AgentWaste['kind'], tasks: number, costs: readonly (number | null)[]): AgentWaste {
  const isKnown = costs.every((cost) => cost !== null);
  const total = costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0);
  return { kind, tasks, costUsd: isKnown ? toUsd(total) : null };
}

function costPerSuccess({ costUsd, completed }: VersionTotals): number | null {
  if (costUsd === null || completed === 0) return null;
  return Math.round((costUsd / completed) * 1e6) / 1e6;
}

import { type PeriodQuery, type RequestOptions, type RouteTransport, type Transport, wireQuery } from '@runctl/core';
import type { Agent } from './contract/agent.ts';
import type { AgentPerformance, ApprovalRates, OptimizationMetrics } from './contract/agent-insights.ts';
import type { AgentRoutes } from './contract/agent-routes.ts';

/**
 * How well an agent does, and what would make it better: `client.agents.analytics`.
 * Each figure comes with its sample size; below 20 samples it is null. Simulated tasks are left out,
 * which `client.agents.getMetrics` counts.
 */
export class AgentAnalytics {
  readonly #transport: RouteTransport<AgentRoutes>;

  /** For `Agents`; you reach it as `client.agents.analytics`. */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * `GET /agents/:agentId/analytics/performance`: success, approval, duration and cost of each version, side by side.
   *
   * @throws {RunctlNotFoundError} 404 - no such agent in this tenant
   */
  async getPerformance(agentId: string, query: PeriodQuery = {}, options?: RequestOptions): Promise<AgentPerformance> {
    return this.#transport.request(
      {
        route: 'GET /agents/:agentId/analytics/performance',
        params: { agentId },
        query: wireQuery(query),
      },
      options,
    );
  }

  /**
   * `GET /agents/:agentId/analytics/approvals`: how often people approved tool calls, results and workflow steps.
   * The three rates are never mixed.
   *
   * @throws {RunctlNotFoundError} 404 - no such agent in this tenant
   */
  async getApprovalRates(agentId: string, query: PeriodQuery = {}, options?: RequestOptions): Promise<ApprovalRates> {
    return this.#transport.request(
      {
        route: 'GET /agents/:agentId/analytics/approvals',
        params: { agentId },
        query: wireQuery(query),
      },
      options,
    );
  }

  /**
   * `GET /agents/:agentId/analytics/optimization`: wasted work, failures by kind, and suggestions with their evidence.
   * Nothing is applied by itself.
   *
   * @throws {RunctlNotFoundError} 404 - no such agent in this tenant
   */
  async getOptimizationMetrics(
    agentId: string,
    query: PeriodQuery = {},
    options?: RequestOptions,
  ): Promise<OptimizationMetrics> {
    return this.#transport.request(
      {
        route: 'GET /agents/:agentId/analytics/optimization',
        params: { agentId },
        query: wireQuery(query),
      },
      options,
    );
  }

  /**
   * `POST /agents/:agentId/analytics/suggestions/:suggestionId/apply`: makes a new version of the agent with the
   * suggested change. It runs from the next deploy on.
   *
   * @throws {RunctlNotFoundError} 404 - no such agent or suggestion
   * @throws {RunctlConflictError} 409 - the agent has changed since the suggestion was made
   */
  applySuggestion(agentId: string, suggestionId: string, options?: RequestOptions): Promise<Agent> {
    return this.#transport.request(
      {
        route: 'POST /agents/:agentId/analytics/suggestions/:suggestionId/apply',
        params: { agentId, suggestionId },
      },
      options,
    );
  }
}

import type { AgentRoutes } from '@runctl/agents';
import { listAgentLogs } from '../../services/agent-logs.ts';
import type { Services } from '../../services/services.ts';
import type { RouteHandlers } from '../route.ts';
import { listQuery } from '../schemas/list-query.ts';
import { agentLogsQuery, periodQuery } from '../schemas/statistics.ts';

/** What agents do and how well: metrics, logs, instances, analytics. */
export function agentInsightRoutes({ agentMetrics, instances, analytics }: Services) {
  return {
    'GET /agents/:agentId/metrics': {
      kind: 'read',
      scope: 'read',
      query: periodQuery,
      handle: (scope, { params, query }) => agentMetrics.getMetrics(scope, params.agentId, query),
    },
    'GET /agents/:agentId/logs': {
      kind: 'read',
      scope: 'read',
      query: agentLogsQuery,
      handle: (scope, { params, query }) => listAgentLogs(scope, params.agentId, query),
    },
    'GET /agents/:agentId/instances': {
      kind: 'read',
      scope: 'read',
      query: listQuery,
      handle: (scope, { params, query }) => instances.list(scope, params.agentId, query),
    },
    'GET /agents/:agentId/instances/:instanceId/health': {
      kind: 'read',
      scope: 'read',
      handle: (scope, { params }) => instances.getHealth(scope, params.agentId, params.instanceId),
    },
    'GET /agents/:agentId/analytics/performance': {
      kind: 'read',
      scope: 'read',
      query: periodQuery,
      handle: (scope, { params, query }) => analytics.getPerformance(scope, params.agentId, query),
    },
    'GET /agents/:agentId/analytics/approvals': {
      kind: 'read',
      scope: 'read',
      query: periodQuery,
      handle: (scope, { params, query }) => analytics.getApprovalRates(scope, params.agentId, query),
    },
    'GET /agents/:agentId/analytics/optimization': {
      kind: 'read',
      scope: 'read',
      query: periodQuery,
      handle: (scope, { params, query }) => analytics.getOptimization(scope, params.agentId, query),
    },
    'POST /agents/:agentId/analytics/suggestions/:suggestionId/apply': {
      kind: 'write',
      scope: 'agents',
      handle: (scope, { params }) => analytics.applySuggestion(scope, params.agentId, params.suggestionId),
    },
  } satisfies Partial<RouteHandlers<AgentRoutes>>;
}

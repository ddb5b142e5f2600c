import type { AgentRoutes } from '@runctl/agents';
import type { Services } from '../../services/services.ts';
import type { RouteHandlers } from '../route.ts';
import { createAgentInput, listAgentsQuery, updateAgentInput } from '../schemas/agents.ts';
import { agentInsightRoutes } from './agent-insights.ts';
import { deploymentRoutes } from './deployments.ts';
import { agentEventRoutes } from './events.ts';

/** Agents, their deployments and the catalogue of tools. */
export function agentRoutes(services: Services): RouteHandlers<AgentRoutes> {
  const { agents, events, tools } = services;
  return {
    ...deploymentRoutes(services),
    ...agentEventRoutes(events),
    ...agentInsightRoutes(services),
    'POST /agents': {
      kind: 'write',
      scope: 'agents',
      status: 201,
      body: createAgentInput,
      handle: (scope, { body }) => agents.create(scope, body),
    },
    'GET /agents': {
      kind: 'read',
      scope: 'read',
      query: listAgentsQuery,
      handle: (scope, { query }) => agents.list(scope, query),
    },
    'GET /agents/:agentId': {
      kind: 'read',
      scope: 'read',
      handle: (scope, { params }) => agents.getById(scope, params.agentId),
    },
    'PATCH /agents/:agentId': {
      kind: 'write',
      scope: 'agents',
      body: updateAgentInput,
      handle: (scope, { params, body, ifMatch }) => agents.update(scope, params.agentId, body, ifMatch),
    },
    'DELETE /agents/:agentId': {
      kind: 'write',
      scope: 'agents',
      handle: (scope, { params }) => agents.delete(scope, params.agentId),
    },
    'GET /tools': { kind: 'read', scope: 'read', handle: async () => tools.describe() },
  };
}

import type { AgentRoutes } from '@runctl/agents';
import type { Services } from '../../services/services.ts';
import { notImplemented, type RouteHandlers } from '../route.ts';
import {
  createAgentInput,
  deployAgentInput,
  listAgentsQuery,
  restartAgentInput,
  rollbackAgentInput,
  scaleAgentInput,
  stopAgentInput,
  updateAgentInput,
} from '../schemas/agents.ts';
import { listQuery, waitQuery } from '../schemas/list-query.ts';
import { agentEventRoutes } from './events.ts';

/** Agents, their deployments and the catalogue of tools. */
export function agentRoutes({ agents, deployments, events, tools }: Services): RouteHandlers<AgentRoutes> {
  return {
    ...deploymentRoutes(deployments),
    ...agentEventRoutes(events),
    ...laterRoutes,
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

function deploymentRoutes(deployments: Services['deployments']) {
  return {
    'POST /agents/:agentId/deploy': {
      kind: 'write',
      scope: 'agents',
      body: deployAgentInput,
      handle: (scope, { params, body }) => deployments.deploy(scope, params.agentId, body),
    },
    'POST /agents/:agentId/scale': {
      kind: 'write',
      scope: 'agents',
      body: scaleAgentInput,
      handle: (scope, { params, body }) => deployments.scale(scope, params.agentId, body),
    },
    'POST /agents/:agentId/stop': {
      kind: 'write',
      scope: 'agents',
      body: stopAgentInput,
      handle: (scope, { params, body }) => deployments.stop(scope, params.agentId, body),
    },
    'POST /agents/:agentId/restart': {
      kind: 'write',
      scope: 'agents',
      body: restartAgentInput,
      handle: (scope, { params, body }) => deployments.restart(scope, params.agentId, body),
    },
    'POST /agents/:agentId/rollback': {
      kind: 'write',
      scope: 'agents',
      body: rollbackAgentInput,
      handle: (scope, { params, body }) => deployments.rollback(scope, params.agentId, body),
    },
    'GET /agents/:agentId/deployments': {
      kind: 'read',
      scope: 'read',
      query: listQuery,
      handle: (scope, { params, query }) => deployments.list(scope, params.agentId, query),
    },
    'GET /agents/:agentId/deployments/:deploymentId': {
      kind: 'read',
      scope: 'read',
      query: waitQuery,
      // Nothing to wait for: an operation of the embedded home has ended when its transaction has.
      handle: (scope, { params }) => deployments.getById(scope, params.agentId, params.deploymentId),
    },
  } satisfies Partial<RouteHandlers<AgentRoutes>>;
}

const laterRoutes = {
  'GET /agents/:agentId/metrics': notImplemented('read'),
  'GET /agents/:agentId/logs': notImplemented('read'),
  'GET /agents/:agentId/instances': notImplemented('read'),
  'GET /agents/:agentId/instances/:instanceId/health': notImplemented('read'),
  'GET /agents/:agentId/analytics/performance': notImplemented('read'),
  'GET /agents/:agentId/analytics/approvals': notImplemented('read'),
  'GET /agents/:agentId/analytics/optimization': notImplemented('read'),
  'POST /agents/:agentId/analytics/suggestions/:suggestionId/apply': notImplemented('agents'),
} satisfies Partial<RouteHandlers<AgentRoutes>>;

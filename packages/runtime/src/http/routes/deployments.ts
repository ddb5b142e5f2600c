import type { AgentRoutes } from '@runctl/agents';
import type { Services } from '../../services/services.ts';
import type { TenantScope } from '../../services/tenant-scope.ts';
import type { RouteHandlers } from '../route.ts';
import {
  deployAgentInput,
  restartAgentInput,
  rollbackAgentInput,
  scaleAgentInput,
  stopAgentInput,
} from '../schemas/agents.ts';
import { listQuery, waitQuery } from '../schemas/list-query.ts';

/** What brings agents into service and out of it. One operation of an agent waits a moment for the one before it. */
export function deploymentRoutes({ deployments }: Pick<Services, 'deployments'>) {
  const prepare = (scope: TenantScope, request: { params: { agentId: string }; signal(): AbortSignal }) =>
    deployments.patience(scope, request.params.agentId, request.signal());
  return {
    'POST /agents/:agentId/deploy': {
      kind: 'write',
      scope: 'agents',
      body: deployAgentInput,
      prepare,
      handle: (scope, { params, body }) => deployments.deploy(scope, params.agentId, body),
    },
    'POST /agents/:agentId/scale': {
      kind: 'write',
      scope: 'agents',
      body: scaleAgentInput,
      prepare,
      handle: (scope, { params, body }) => deployments.scale(scope, params.agentId, body),
    },
    'POST /agents/:agentId/stop': {
      kind: 'write',
      scope: 'agents',
      body: stopAgentInput,
      prepare,
      handle: (scope, { params, body }) => deployments.stop(scope, params.agentId, body),
    },
    'POST /agents/:agentId/restart': {
      kind: 'write',
      scope: 'agents',
      body: restartAgentInput,
      prepare,
      handle: (scope, { params, body }) => deployments.restart(scope, params.agentId, body),
    },
    'POST /agents/:agentId/rollback': {
      kind: 'write',
      scope: 'agents',
      body: rollbackAgentInput,
      prepare,
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
      handle: (scope, { params, query, signal }) =>
        deployments.getById(scope, params.agentId, params.deploymentId, query, signal),
    },
  } satisfies Partial<RouteHandlers<AgentRoutes>>;
}

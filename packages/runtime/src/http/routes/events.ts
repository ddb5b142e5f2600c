import type { AgentRoutes } from '@runctl/agents';
import type { TaskRoutes } from '@runctl/tasks';
import type { StreamQuery } from '../../services/events/event-streams.ts';
import type { EventServices } from '../../services/events.ts';
import type { RouteHandlers } from '../route.ts';
import {
  listAgentEventsQuery,
  listTaskEventsQuery,
  streamAgentEventsQuery,
  streamTaskEventsQuery,
} from '../schemas/events.ts';

/** The events of tasks. */
export function taskEventRoutes({ tasks }: EventServices) {
  return {
    'GET /tasks/:taskId/events': {
      kind: 'read',
      scope: 'read',
      query: listTaskEventsQuery,
      handle: (scope, { params, query }) => tasks.list(scope, params.taskId, query),
    },
    'GET /tasks/:taskId/events/stream': {
      kind: 'stream',
      scope: 'read',
      query: streamTaskEventsQuery,
      subjectId: ({ taskId }) => taskId,
      open: (scope, request) => tasks.stream(scope, request.params.taskId, request.principal, streamQuery(request)),
    },
    'POST /tasks/:taskId/events/stream-tokens': {
      kind: 'write',
      scope: 'read',
      status: 201,
      handle: (scope, { params, principal }) => tasks.createToken(scope, params.taskId, principal.apiKeyId),
    },
  } satisfies Partial<RouteHandlers<TaskRoutes>>;
}

/** The events of agents. */
export function agentEventRoutes({ agents }: EventServices) {
  return {
    'GET /agents/:agentId/events': {
      kind: 'read',
      scope: 'read',
      query: listAgentEventsQuery,
      handle: (scope, { params, query }) => agents.list(scope, params.agentId, query),
    },
    'GET /agents/:agentId/events/stream': {
      kind: 'stream',
      scope: 'read',
      query: streamAgentEventsQuery,
      subjectId: ({ agentId }) => agentId,
      open: (scope, request) => agents.stream(scope, request.params.agentId, request.principal, streamQuery(request)),
    },
    'POST /agents/:agentId/events/stream-tokens': {
      kind: 'write',
      scope: 'read',
      status: 201,
      handle: (scope, { params, principal }) => agents.createToken(scope, params.agentId, principal.apiKeyId),
    },
  } satisfies Partial<RouteHandlers<AgentRoutes>>;
}

interface AskedStream {
  /** Of a connection that is made again: newer than the address. */
  lastEventId: string | undefined;
  query: { after?: string; type?: string | string[] };
}

function streamQuery({ lastEventId, query }: AskedStream): StreamQuery {
  return { after: lastEventId ?? query.after, types: query.type === undefined ? undefined : [query.type].flat() };
}

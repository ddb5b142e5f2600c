import type { WorkflowRoutes } from '@runctl/workflows';
import type { EventServices } from '../../services/events.ts';
import type { Services } from '../../services/services.ts';
import type { RouteHandlers } from '../route.ts';
import { holdQuery, waitQuery } from '../schemas/list-query.ts';
import {
  approveStepInput,
  cancelWorkflowInput,
  createDefinitionBody,
  executeWorkflowBody,
  getDefinitionQuery,
  listDefinitionsQuery,
  listWorkflowEventsQuery,
  listWorkflowsQuery,
  rejectStepInput,
  retryWorkflowInput,
  streamWorkflowEventsQuery,
  updateDefinitionBody,
} from '../schemas/workflows.ts';

/** Workflows, their steps, their events and their definitions. */
export function workflowRoutes(services: Services): RouteHandlers<WorkflowRoutes> {
  return {
    ...definitionRoutes(services),
    ...executionRoutes(services),
    ...stepRoutes(services),
    ...workflowEventRoutes(services.events),
  };
}

function definitionRoutes({ workflowDefinitions }: Services) {
  return {
    'POST /workflow-definitions': {
      kind: 'write',
      scope: 'tasks',
      status: 201,
      body: createDefinitionBody,
      handle: (scope, { body }) => workflowDefinitions.create(scope, body),
    },
    'GET /workflow-definitions': {
      kind: 'read',
      scope: 'read',
      query: listDefinitionsQuery,
      handle: (scope, { query }) => workflowDefinitions.list(scope, query),
    },
    'POST /workflow-definitions/validate': {
      kind: 'read',
      scope: 'tasks',
      body: createDefinitionBody,
      handle: (scope, { body }) => workflowDefinitions.validate(scope, body),
    },
    'GET /workflow-definitions/:definitionId': {
      kind: 'read',
      scope: 'read',
      query: getDefinitionQuery,
      handle: (scope, { params, query }) => workflowDefinitions.getById(scope, params.definitionId, query.version),
    },
    'PATCH /workflow-definitions/:definitionId': {
      kind: 'write',
      scope: 'tasks',
      body: updateDefinitionBody,
      handle: (scope, { params, body, ifMatch }) =>
        workflowDefinitions.update(scope, params.definitionId, body, ifMatch),
    },
    'DELETE /workflow-definitions/:definitionId': {
      kind: 'write',
      scope: 'tasks',
      handle: (scope, { params }) => workflowDefinitions.delete(scope, params.definitionId),
    },
  } satisfies Partial<RouteHandlers<WorkflowRoutes>>;
}

function executionRoutes({ workflows }: Services) {
  return {
    'POST /workflows': {
      kind: 'write',
      scope: 'tasks',
      status: 201,
      body: executeWorkflowBody,
      query: holdQuery,
      handle: (scope, { body }) => workflows.execute(scope, body),
      settle: (scope, { query, signal }, started) =>
        query.wait ? workflows.untilAtRest(scope, started().id, query.wait, signal()) : undefined,
    },
    'GET /workflows': {
      kind: 'read',
      scope: 'read',
      query: listWorkflowsQuery,
      handle: (scope, { query }) => workflows.list(scope, query),
    },
    'GET /workflows/:workflowId': {
      kind: 'read',
      scope: 'read',
      query: waitQuery,
      handle: (scope, { params, query, signal }) => workflows.getById(scope, params.workflowId, query, signal),
    },
    'POST /workflows/:workflowId/cancel': {
      kind: 'write',
      scope: 'tasks',
      body: cancelWorkflowInput,
      handle: (scope, { params, body }) => workflows.cancel(scope, params.workflowId, body),
    },
    'POST /workflows/:workflowId/retry': {
      kind: 'write',
      scope: 'tasks',
      status: 201,
      body: retryWorkflowInput,
      handle: (scope, { params, body }) => workflows.retry(scope, params.workflowId, body),
    },
    'GET /workflows/:workflowId/metrics': {
      kind: 'read',
      scope: 'read',
      handle: (scope, { params }) => workflows.getMetrics(scope, params.workflowId),
    },
  } satisfies Partial<RouteHandlers<WorkflowRoutes>>;
}

function stepRoutes({ workflows }: Services) {
  return {
    'GET /workflows/:workflowId/steps': {
      kind: 'read',
      scope: 'read',
      handle: (scope, { params }) => workflows.getSteps(scope, params.workflowId),
    },
    'POST /workflows/:workflowId/steps/:stepId/approve': {
      kind: 'write',
      scope: 'tasks',
      body: approveStepInput,
      handle: (scope, { params, body }) => workflows.approveStep(scope, params.workflowId, params.stepId, body),
    },
    'POST /workflows/:workflowId/steps/:stepId/reject': {
      kind: 'write',
      scope: 'tasks',
      body: rejectStepInput,
      handle: (scope, { params, body }) => workflows.rejectStep(scope, params.workflowId, params.stepId, body),
    },
  } satisfies Partial<RouteHandlers<WorkflowRoutes>>;
}

function workflowEventRoutes({ workflows }: EventServices) {
  return {
    'GET /workflows/:workflowId/events': {
      kind: 'read',
      scope: 'read',
      query: listWorkflowEventsQuery,
      handle: (scope, { params, query }) => workflows.list(scope, params.workflowId, query),
    },
    'GET /workflows/:workflowId/events/stream': {
      kind: 'stream',
      scope: 'read',
      query: streamWorkflowEventsQuery,
      subjectId: ({ workflowId }) => workflowId,
      open: (scope, { params, principal, query, lastEventId }) =>
        workflows.stream(scope, params.workflowId, principal, {
          after: lastEventId ?? query.after,
          types: query.type === undefined ? undefined : [query.type],
        }),
    },
    'POST /workflows/:workflowId/events/stream-tokens': {
      kind: 'write',
      scope: 'read',
      status: 201,
      handle: (scope, { params, principal }) => workflows.createToken(scope, params.workflowId, principal.apiKeyId),
    },
  } satisfies Partial<RouteHandlers<WorkflowRoutes>>;
}

import type { WorkflowRoutes } from '@runctl/workflows';
import { notImplemented, type RouteHandlers } from '../route.ts';

/** Workflows and their definitions: a later version brings them. */
export const workflowRoutes: RouteHandlers<WorkflowRoutes> = {
  'POST /workflow-definitions': notImplemented('tasks'),
  'GET /workflow-definitions': notImplemented('read'),
  'POST /workflow-definitions/validate': notImplemented('tasks'),
  'GET /workflow-definitions/:definitionId': notImplemented('read'),
  'PATCH /workflow-definitions/:definitionId': notImplemented('tasks'),
  'DELETE /workflow-definitions/:definitionId': notImplemented('tasks'),
  'POST /workflows': notImplemented('tasks'),
  'GET /workflows': notImplemented('read'),
  'GET /workflows/:workflowId': notImplemented('read'),
  'POST /workflows/:workflowId/cancel': notImplemented('tasks'),
  'POST /workflows/:workflowId/retry': notImplemented('tasks'),
  'GET /workflows/:workflowId/steps': notImplemented('read'),
  'POST /workflows/:workflowId/steps/:stepId/approve': notImplemented('tasks'),
  'POST /workflows/:workflowId/steps/:stepId/reject': notImplemented('tasks'),
  'GET /workflows/:workflowId/metrics': notImplemented('read'),
  'GET /workflows/:workflowId/events': notImplemented('read'),
  'GET /workflows/:workflowId/events/stream': notImplemented('read'),
  'POST /workflows/:workflowId/events/stream-tokens': notImplemented('tasks'),
};

import type { TaskRoutes } from '@runctl/tasks';
import type { Services } from '../../services/services.ts';
import type { RouteHandlers } from '../route.ts';
import { submitFeedbackInput, taskStatsQuery } from '../schemas/statistics.ts';

/** How tasks did, and what people say of their results. */
export function taskInsightRoutes({ taskStats, feedback }: Services) {
  return {
    'GET /tasks/stats': {
      kind: 'read',
      scope: 'read',
      query: taskStatsQuery,
      handle: (scope, { query }) => taskStats.getStats(scope, query),
    },
    'GET /tasks/history': {
      kind: 'read',
      scope: 'read',
      query: taskStatsQuery,
      handle: (scope, { query }) => taskStats.getHistory(scope, query),
    },
    'POST /tasks/:taskId/feedback': {
      kind: 'write',
      scope: 'tasks',
      status: 201,
      body: submitFeedbackInput,
      handle: (scope, { params, body }) => feedback.submit(scope, params.taskId, body),
    },
    'GET /tasks/:taskId/feedback': {
      kind: 'read',
      scope: 'read',
      handle: (scope, { params }) => feedback.list(scope, params.taskId),
    },
  } satisfies Partial<RouteHandlers<TaskRoutes>>;
}

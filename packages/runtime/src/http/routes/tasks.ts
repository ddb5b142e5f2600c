import type { TaskRoutes } from '@runctl/tasks';
import { notFound } from '../../services/failure.ts';
import type { Services } from '../../services/services.ts';
import { listTasks } from '../../services/task-list.ts';
import type { RouteHandlers } from '../route.ts';
import { holdQuery, listQuery, waitQuery } from '../schemas/list-query.ts';
import {
  approveTaskInput,
  cancelTaskInput,
  createTaskBatchBody,
  createTaskBody,
  forkTaskBody,
  listTasksQuery,
  rejectTaskInput,
  respondToTaskInput,
} from '../schemas/tasks.ts';
import { taskEventRoutes } from './events.ts';
import { taskInsightRoutes } from './task-insights.ts';

/** Tasks, their traces, forks and comparisons. */
export function taskRoutes(services: Services): RouteHandlers<TaskRoutes> {
  const { tasks } = services;
  return {
    ...traceRoutes(services),
    ...actionRoutes(services),
    ...taskEventRoutes(services.events),
    ...taskInsightRoutes(services),
    'POST /tasks': {
      kind: 'write',
      scope: 'tasks',
      status: 201,
      body: createTaskBody,
      query: holdQuery,
      handle: (scope, { body }) => tasks.create(scope, body),
      settle: (scope, { query, signal }, created) =>
        query.wait ? tasks.untilEnded(scope, created().id, query.wait, signal()) : undefined,
    },
    'POST /tasks/batch': {
      kind: 'write',
      scope: 'tasks',
      status: 201,
      body: createTaskBatchBody,
      handle: (scope, { body }) => tasks.createBatch(scope, body.tasks),
    },
    'GET /tasks': {
      kind: 'read',
      scope: 'read',
      query: listTasksQuery,
      handle: (scope, { query }) => listTasks(scope, query, services.pastCounts),
    },
    'GET /tasks/:taskId': {
      kind: 'read',
      scope: 'read',
      query: waitQuery,
      handle: (scope, { params, query, signal }) => tasks.getById(scope, params.taskId, query, signal),
    },
    'POST /tasks/:taskId/cancel': {
      kind: 'write',
      scope: 'tasks',
      body: cancelTaskInput,
      handle: (scope, { params, body }) => tasks.cancel(scope, params.taskId, body),
    },
  };
}

function actionRoutes({ actions }: Services) {
  return {
    'POST /tasks/:taskId/approve': {
      kind: 'write',
      scope: 'tasks',
      body: approveTaskInput,
      handle: (scope, { params, body }) => actions.approve(scope, params.taskId, body),
    },
    'POST /tasks/:taskId/reject': {
      kind: 'write',
      scope: 'tasks',
      body: rejectTaskInput,
      handle: (scope, { params, body }) => actions.reject(scope, params.taskId, body),
    },
    'POST /tasks/:taskId/respond': {
      kind: 'write',
      scope: 'tasks',
      body: respondToTaskInput,
      handle: (scope, { params, body }) => actions.respond(scope, params.taskId, body),
    },
  } satisfies Partial<RouteHandlers<TaskRoutes>>;
}

function traceRoutes({ traces, forks, comparisons }: Services) {
  return {
    'POST /tasks/:taskId/retry': {
      kind: 'write',
      scope: 'tasks',
      status: 201,
      handle: (scope, { params }) => forks.retry(scope, params.taskId),
    },
    'POST /tasks/:taskId/fork': {
      kind: 'write',
      scope: 'tasks',
      status: 201,
      body: forkTaskBody,
      handle: (scope, { params, body }) => forks.fork(scope, params.taskId, body),
    },
    'GET /tasks/:taskId/trace': {
      kind: 'read',
      scope: 'read',
      handle: (scope, { params }) => traces.getTrace(scope, params.taskId),
    },
    'GET /tasks/:taskId/steps/:step': {
      kind: 'read',
      scope: 'read',
      handle: (scope, { params }) => traces.getStep(scope, params.taskId, stepNumber(params)),
    },
    'GET /tasks/:taskId/steps/:step/snapshot': {
      kind: 'read',
      scope: 'read',
      handle: (scope, { params }) => traces.getSnapshot(scope, params.taskId, stepNumber(params)),
    },
    'GET /tasks/:taskId/forks': {
      kind: 'read',
      scope: 'read',
      query: listQuery,
      handle: (scope, { params, query }) => forks.list(scope, params.taskId, query),
    },
    'GET /tasks/:taskId/compare/:otherTaskId': {
      kind: 'read',
      scope: 'read',
      handle: (scope, { params }) => comparisons.compare(scope, params.taskId, params.otherTaskId),
    },
  } satisfies Partial<RouteHandlers<TaskRoutes>>;
}

function stepNumber({ taskId, step }: { taskId: string; step: string }): number {
  if (/^\d{1,9}$/.test(step)) return Number(step);
  throw notFound('step', `${taskId}/${step}`);
}

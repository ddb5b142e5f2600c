/// <reference types="node" />
import { createClient } from '@runctl/core';
import { emptyPage, type MethodCall, methodNames, observeCall } from '@runctl/testkit';
import { describe, expect, test } from 'vitest';
import { type TaskRoutes, type Tasks, tasks } from './index.ts';

const connect = (baseUrl: string) =>
  createClient({ apiKey: 'rctl_test', baseUrl, retries: 0, resources: { tasks } }).tasks;

const work = { agentId: 'agt_1', input: { payload: { query: 'Why?' } } };

/** One row a method. A method without a row fails, and so does a route that no row names. */
const calls = {
  create: {
    route: 'POST /tasks',
    call: (t, options) => t.create({ ...work, priority: 'high', scheduledFor: 1_767_225_600_000 }, options),
    path: '/tasks',
    body: { ...work, priority: 'high', scheduledFor: '2026-01-01T00:00:00.000Z' },
  },
  createAndWait: {
    route: 'POST /tasks',
    call: (t, options) => t.createAndWait({ teamId: 'tem_1', input: { version: '1.0', payload: {} } }, options),
    path: '/tasks',
    query: { wait: '5' },
    body: { teamId: 'tem_1', input: { version: '1.0', payload: {} } },
  },
  createBatch: {
    route: 'POST /tasks/batch',
    call: (t, options) => t.createBatch({ tasks: [work, { ...work, schema: { type: 'object' } }] }, options),
    path: '/tasks/batch',
    body: { tasks: [work, { ...work, outputSchema: { type: 'object' } }] },
    answer: [],
  },
  getById: { route: 'GET /tasks/:taskId', call: (t, options) => t.getById('tsk_1', options), path: '/tasks/tsk_1' },
  list: {
    route: 'GET /tasks',
    call: (t, options) =>
      t.list(
        { status: 'completed', fromDate: new Date('2026-01-01'), toDate: '2026-02-01', label: { a: 'b' } },
        options,
      ),
    path: '/tasks',
    query: {
      status: 'completed',
      fromDate: '2026-01-01T00:00:00.000Z',
      toDate: '2026-02-01T00:00:00.000Z',
      'label[a]': 'b',
    },
    answer: emptyPage,
  },
  iter: {
    route: 'GET /tasks',
    call: (t, options) => t.iter({ agentId: 'agt_1', fromDate: 0 }, options),
    path: '/tasks',
    query: { agentId: 'agt_1', fromDate: '1970-01-01T00:00:00.000Z' },
    answer: emptyPage,
  },
  listAll: {
    route: 'GET /tasks',
    call: (t, options) => t.listAll({ status: 'failed' }, options),
    path: '/tasks',
    query: { status: 'failed' },
    answer: emptyPage,
  },
  cancel: {
    route: 'POST /tasks/:taskId/cancel',
    call: (t, options) => t.cancel('tsk_1', { reason: 'enough' }, options),
    path: '/tasks/tsk_1/cancel',
    body: { reason: 'enough' },
  },
  retry: {
    route: 'POST /tasks/:taskId/retry',
    call: (t, options) => t.retry('tsk_1', options),
    path: '/tasks/tsk_1/retry',
  },
  waitForCompletion: {
    route: 'GET /tasks/:taskId',
    call: (t, { headers }) => t.waitForCompletion('tsk_1', { headers }),
    path: '/tasks/tsk_1',
  },
  fork: {
    route: 'POST /tasks/:taskId/fork',
    call: (t, options) => t.fork('tsk_1', 2, { prompt: 'Else?' }, { ...options, sideEffects: 'block' }),
    path: '/tasks/tsk_1/fork',
    body: { step: 2, snapshot: { prompt: 'Else?' }, sideEffects: 'block' },
  },
  getTrace: {
    route: 'GET /tasks/:taskId/trace',
    call: (t, options) => t.getTrace('tsk_1', options),
    path: '/tasks/tsk_1/trace',
  },
  getStep: {
    route: 'GET /tasks/:taskId/steps/:step',
    call: (t, options) => t.getStep('tsk_1', 3, options),
    path: '/tasks/tsk_1/steps/3',
  },
  getSnapshot: {
    route: 'GET /tasks/:taskId/steps/:step/snapshot',
    call: (t, options) => t.getSnapshot('tsk_1', 3, options),
    path: '/tasks/tsk_1/steps/3/snapshot',
  },
  listForks: {
    route: 'GET /tasks/:taskId/forks',
    call: (t, options) => t.listForks('tsk_1', { limit: 2 }, options),
    path: '/tasks/tsk_1/forks',
    query: { limit: '2' },
    answer: emptyPage,
  },
  iterForks: {
    route: 'GET /tasks/:taskId/forks',
    call: (t, options) => t.iterForks('tsk_1', options),
    path: '/tasks/tsk_1/forks',
    answer: emptyPage,
  },
  compare: {
    route: 'GET /tasks/:taskId/compare/:otherTaskId',
    call: (t, options) => t.compare('tsk_1', 'tsk_2', options),
    path: '/tasks/tsk_1/compare/tsk_2',
  },
  getStats: {
    route: 'GET /tasks/stats',
    call: (t, options) => t.getStats({ period: 'week', agentId: 'agt_1' }, options),
    path: '/tasks/stats',
    query: { period: 'week', agentId: 'agt_1' },
  },
  getExecutionHistory: {
    route: 'GET /tasks/history',
    call: (t, options) => t.getExecutionHistory('7d', options),
    path: '/tasks/history',
    query: { period: '7d' },
  },
  approve: {
    route: 'POST /tasks/:taskId/approve',
    call: (t, options) => t.approve('tsk_1', { arguments: { path: '/tmp' } }, options),
    path: '/tasks/tsk_1/approve',
    body: { arguments: { path: '/tmp' } },
  },
  reject: {
    route: 'POST /tasks/:taskId/reject',
    call: (t, options) => t.reject('tsk_1', { reason: 'no' }, options),
    path: '/tasks/tsk_1/reject',
    body: { reason: 'no' },
  },
  respond: {
    route: 'POST /tasks/:taskId/respond',
    call: (t, options) => t.respond('tsk_1', { answer: 42 }, options),
    path: '/tasks/tsk_1/respond',
    body: { answer: 42 },
  },
  submitFeedback: {
    route: 'POST /tasks/:taskId/feedback',
    call: (t, options) => t.submitFeedback('tsk_1', { verdict: 'approved' }, options),
    path: '/tasks/tsk_1/feedback',
    body: { verdict: 'approved' },
  },
  listFeedback: {
    route: 'GET /tasks/:taskId/feedback',
    call: (t, options) => t.listFeedback('tsk_1', options),
    path: '/tasks/tsk_1/feedback',
    answer: [],
  },
  'events.list': {
    route: 'GET /tasks/:taskId/events',
    call: (t, options) => t.events.list('tsk_1', { type: ['log', 'output.delta'] }, options),
    path: '/tasks/tsk_1/events',
    query: { type: ['log', 'output.delta'] },
    answer: emptyPage,
  },
  'events.iter': {
    route: 'GET /tasks/:taskId/events',
    call: (t, options) => t.events.iter('tsk_1', { type: 'log' }, options),
    path: '/tasks/tsk_1/events',
    query: { type: 'log' },
    answer: emptyPage,
  },
  'events.stream': {
    route: 'GET /tasks/:taskId/events/stream',
    call: (t, { headers }) => t.events.stream('tsk_1', { type: 'task.status' }, { headers }),
    path: '/tasks/tsk_1/events/stream',
    query: { type: 'task.status' },
    answer: 'retry: 1000\n\nevent: end\ndata: {}\n\n',
  },
  'events.createStreamUrl': {
    route: 'POST /tasks/:taskId/events/stream-tokens',
    call: (t, options) => t.events.createStreamUrl('tsk_1', {}, options),
    path: '/tasks/tsk_1/events/stream-tokens',
    answer: { token: 't', expiresAt: '2026-01-01T00:00:00.000Z' },
  },
} satisfies Record<string, MethodCall<Tasks, keyof TaskRoutes>>;

/** Compiles where every route of the table has a row. */
type Uncalled = Exclude<keyof TaskRoutes, (typeof calls)[keyof typeof calls]['route']>;
const everyRouteIsCalled: [Uncalled] extends [never] ? true : Uncalled = true;

describe('tasks over HTTP', () => {
  test('every method has a row here, and every route a method', () => {
    const sendsNothing = ['events.streamUrl', 'isCompleted', 'isFailed', 'isFinished'];
    expect([...Object.keys(calls), ...sendsNothing].sort()).toEqual(methodNames(connect('http://127.0.0.1')));
    expect(everyRouteIsCalled).toBe(true);
  });

  test.each(Object.entries<MethodCall<Tasks, string>>(calls))('%s asks for its route', async (_name, method) => {
    const { seen, expected } = await observeCall(method, connect);
    expect(seen).toEqual(expected);
  });

  test('the address of a stream holds no credential', () => {
    const url = connect('http://127.0.0.1:4700').events.streamUrl('tsk_1', { type: 'log', after: 'evt_9' });
    expect(url).toBe('http://127.0.0.1:4700/v1/tasks/tsk_1/events/stream?type=log&after=evt_9');
  });
});

/// <reference types="node" />
import { createClient, RunctlDecodeError, RunctlFailedError } from '@runctl/core';
import { emptyPage, type MethodCall, methodNames, observeCall, startRecordingServer } from '@runctl/testkit';
import { describe, expect, test } from 'vitest';
import { type AgentRoutes, type Agents, agents } from './index.ts';

const connect = (baseUrl: string) =>
  createClient({ apiKey: 'rctl_test', baseUrl, retries: 0, resources: { agents } }).agents;

const emptyLog = { logs: [], hasMore: false, nextCursor: null };
const period = { from: 1_767_225_600_000, to: new Date('2026-02-01'), granularity: 'day' } as const;
const periodOnWire = { from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z', granularity: 'day' };
const ended = 'retry: 1000\n\nevent: end\ndata: {}\n\n';

const create = {
  name: 'Reviewer',
  type: 'reactive',
  modelProvider: 'openai',
  model: 'gpt-4o',
  systemPrompt: 'Review.',
  tools: ['code_analysis'],
} as const;

/** One row a method. A method without a row fails, and so does a route that no row names. */
const calls = {
  create: {
    route: 'POST /agents',
    call: (a, options) => a.create({ ...create, tools: [...create.tools] }, options),
    path: '/agents',
    body: create,
  },
  getById: { route: 'GET /agents/:agentId', call: (a, options) => a.getById('agt_1', options), path: '/agents/agt_1' },
  list: {
    route: 'GET /agents',
    call: (a, options) => a.list({ status: ['running', 'failed'], limit: 10, label: { team: 'red' } }, options),
    path: '/agents',
    query: { status: ['running', 'failed'], limit: '10', 'label[team]': 'red' },
    answer: emptyPage,
  },
  iter: {
    route: 'GET /agents',
    call: (a, options) => a.iter({ type: 'router' }, options),
    path: '/agents',
    query: { type: 'router' },
    answer: emptyPage,
  },
  listAll: {
    route: 'GET /agents',
    call: (a, options) => a.listAll({ search: 'x y' }, options),
    path: '/agents',
    query: { search: 'x y' },
    answer: emptyPage,
  },
  update: {
    route: 'PATCH /agents/:agentId',
    call: (a, options) => a.update('agt_1', { model: 'gpt-5' }, options),
    path: '/agents/agt_1',
    body: { model: 'gpt-5' },
  },
  delete: { route: 'DELETE /agents/:agentId', call: (a, options) => a.delete('agt_1', options), path: '/agents/agt_1' },
  deploy: {
    route: 'POST /agents/:agentId/deploy',
    call: (a, options) => a.deploy('agt_1', { replicas: 2, strategy: 'rolling' }, options),
    path: '/agents/agt_1/deploy',
    body: { replicas: 2, strategy: 'rolling' },
  },
  scale: {
    route: 'POST /agents/:agentId/scale',
    call: (a, options) => a.scale('agt_1', { desiredReplicas: 0 }, options),
    path: '/agents/agt_1/scale',
    body: { desiredReplicas: 0 },
  },
  stop: {
    route: 'POST /agents/:agentId/stop',
    call: (a, options) => a.stop('agt_1', undefined, options),
    path: '/agents/agt_1/stop',
    body: {},
  },
  restart: {
    route: 'POST /agents/:agentId/restart',
    call: (a, options) => a.restart('agt_1', { strategy: 'immediate' }, options),
    path: '/agents/agt_1/restart',
    body: { strategy: 'immediate' },
  },
  rollback: {
    route: 'POST /agents/:agentId/rollback',
    call: (a, options) => a.rollback('agt_1', { toVersion: 3 }, options),
    path: '/agents/agt_1/rollback',
    body: { toVersion: 3 },
  },
  listDeployments: {
    route: 'GET /agents/:agentId/deployments',
    call: (a, options) => a.listDeployments('agt_1', { page: 2 }, options),
    path: '/agents/agt_1/deployments',
    query: { page: '2' },
    answer: emptyPage,
  },
  iterDeployments: {
    route: 'GET /agents/:agentId/deployments',
    call: (a, options) => a.iterDeployments('agt_1', options),
    path: '/agents/agt_1/deployments',
    answer: emptyPage,
  },
  waitForDeployment: {
    route: 'GET /agents/:agentId/deployments/:deploymentId',
    call: (a, { headers }) => a.waitForDeployment('agt_1', 'dep_1', { headers }),
    path: '/agents/agt_1/deployments/dep_1',
    answer: { id: 'dep_1', status: 'succeeded', version: 3 },
  },
  getMetrics: {
    route: 'GET /agents/:agentId/metrics',
    call: (a, options) => a.getMetrics('agt_1', period, options),
    path: '/agents/agt_1/metrics',
    query: periodOnWire,
  },
  getLogs: {
    route: 'GET /agents/:agentId/logs',
    call: (a, options) => a.getLogs('agt_1', { level: 'error', limit: 100, from: '2026-01-01' }, options),
    path: '/agents/agt_1/logs',
    query: { level: 'error', limit: '100', from: '2026-01-01T00:00:00.000Z' },
    answer: emptyLog,
  },
  iterLogs: {
    route: 'GET /agents/:agentId/logs',
    call: (a, options) => a.iterLogs('agt_1', { taskId: 'tsk_1' }, options),
    path: '/agents/agt_1/logs',
    query: { taskId: 'tsk_1' },
    answer: emptyLog,
  },
  listInstances: {
    route: 'GET /agents/:agentId/instances',
    call: (a, options) => a.listInstances('agt_1', { cursor: 'c' }, options),
    path: '/agents/agt_1/instances',
    query: { cursor: 'c' },
    answer: emptyPage,
  },
  iterInstances: {
    route: 'GET /agents/:agentId/instances',
    call: (a, options) => a.iterInstances('agt_1', options),
    path: '/agents/agt_1/instances',
    answer: emptyPage,
  },
  getInstanceHealth: {
    route: 'GET /agents/:agentId/instances/:instanceId/health',
    call: (a, options) => a.getInstanceHealth('agt_1', 'ins_1', options),
    path: '/agents/agt_1/instances/ins_1/health',
  },
  listBuiltInTools: {
    route: 'GET /tools',
    call: (a, options) => a.listBuiltInTools(options),
    path: '/tools',
    answer: [],
  },
  'analytics.getPerformance': {
    route: 'GET /agents/:agentId/analytics/performance',
    call: (a, options) => a.analytics.getPerformance('agt_1', { period: '7d' }, options),
    path: '/agents/agt_1/analytics/performance',
    query: { period: '7d' },
  },
  'analytics.getApprovalRates': {
    route: 'GET /agents/:agentId/analytics/approvals',
    call: (a, options) => a.analytics.getApprovalRates('agt_1', period, options),
    path: '/agents/agt_1/analytics/approvals',
    query: periodOnWire,
  },
  'analytics.getOptimizationMetrics': {
    route: 'GET /agents/:agentId/analytics/optimization',
    call: (a, options) => a.analytics.getOptimizationMetrics('agt_1', { period: 'month' }, options),
    path: '/agents/agt_1/analytics/optimization',
    query: { period: 'month' },
  },
  'analytics.applySuggestion': {
    route: 'POST /agents/:agentId/analytics/suggestions/:suggestionId/apply',
    call: (a, options) => a.analytics.applySuggestion('agt_1', 'sug_1', options),
    path: '/agents/agt_1/analytics/suggestions/sug_1/apply',
  },
  'events.list': {
    route: 'GET /agents/:agentId/events',
    call: (a, options) => a.events.list('agt_1', { type: 'agent.status', limit: 5 }, options),
    path: '/agents/agt_1/events',
    query: { type: 'agent.status', limit: '5' },
    answer: emptyPage,
  },
  'events.iter': {
    route: 'GET /agents/:agentId/events',
    call: (a, options) => a.events.iter('agt_1', {}, options),
    path: '/agents/agt_1/events',
    answer: emptyPage,
  },
  'events.stream': {
    route: 'GET /agents/:agentId/events/stream',
    call: (a, { headers }) => a.events.stream('agt_1', { type: ['agent.status', 'deployment.updated'] }, { headers }),
    path: '/agents/agt_1/events/stream',
    query: { type: ['agent.status', 'deployment.updated'] },
    answer: ended,
  },
  'events.createStreamUrl': {
    route: 'POST /agents/:agentId/events/stream-tokens',
    call: (a, options) => a.events.createStreamUrl('agt_1', {}, options),
    path: '/agents/agt_1/events/stream-tokens',
    answer: { token: 't', expiresAt: '2026-01-01T00:00:00.000Z' },
  },
} satisfies Record<string, MethodCall<Agents, keyof AgentRoutes>>;

/** Compiles where every route of the table has a row. */
type Uncalled = Exclude<keyof AgentRoutes, (typeof calls)[keyof typeof calls]['route']>;
const everyRouteIsCalled: [Uncalled] extends [never] ? true : Uncalled = true;

describe('agents over HTTP', () => {
  test('every method has a row here, and every route a method', () => {
    const sendsNothing = ['events.streamUrl'];
    expect([...Object.keys(calls), ...sendsNothing].sort()).toEqual(methodNames(connect('http://127.0.0.1')));
    expect(everyRouteIsCalled).toBe(true);
  });

  test.each(Object.entries<MethodCall<Agents, string>>(calls))('%s asks for its route', async (_name, method) => {
    const { seen, expected } = await observeCall(method, connect);
    expect(seen).toEqual(expected);
  });

  test('a POST without an idempotency key gets a fresh one', async () => {
    const server = await startRecordingServer(() => ({ id: 'dep_1', status: 'in_progress' }));
    await connect(server.url).deploy('agt_1');
    await connect(server.url).deploy('agt_1');
    await server.close();
    const keys = server.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toMatch(/\S{16,}/);
    expect(keys[1]).not.toBe(keys[0]);
  });
});

describe('waitForDeployment', () => {
  test('looks until the rollout has ended, and gives a failed one as the result', async () => {
    const server = await startRecordingServer((_request, index) => ({
      id: 'dep_1',
      status: index < 2 ? 'in_progress' : 'failed',
      version: index + 1,
    }));
    const versions: number[] = [];
    const deployment = await connect(server.url).waitForDeployment('agt_1', 'dep_1', {
      onUpdate: ({ version }) => void versions.push(version),
    });
    await server.close();
    expect(deployment.status).toBe('failed');
    expect(versions).toEqual([1, 2, 3]);
    expect(server.requests[1]?.query).toEqual({ wait: expect.stringMatching(/^\d+$/), version: '1' });
  });

  test('throws a failed rollout where that is asked for', async () => {
    const server = await startRecordingServer(() => ({ id: 'dep_1', status: 'failed', version: 1 }));
    const waiting = connect(server.url).waitForDeployment('agt_1', 'dep_1', { throwOnFailure: true });
    await expect(waiting).rejects.toThrow(RunctlFailedError);
    await server.close();
  });
});

describe('iterLogs', () => {
  test('walks the pages of the log', async () => {
    const server = await startRecordingServer(({ query }) =>
      query.cursor === 'next'
        ? { logs: [{ id: 'evt_2' }], hasMore: false, nextCursor: null }
        : { logs: [{ id: 'evt_1' }], hasMore: true, nextCursor: 'next' },
    );
    const ids: string[] = [];
    for await (const { id } of connect(server.url).iterLogs('agt_1', { level: 'warn' })) ids.push(id);
    await server.close();
    expect(ids).toEqual(['evt_1', 'evt_2']);
    expect(server.requests[1]?.query).toEqual({ level: 'warn', cursor: 'next' });
  });
});

describe('bad input and bad answers', () => {
  const refused: [string, (a: Agents) => Promise<unknown>][] = [
    ['an empty id', (a) => a.getById('')],
    ['an id that climbs', (a) => a.deploy('..')],
    ['a date that is none', (a) => a.getMetrics('agt_1', { from: new Date('never') })],
    ['a text that is no date', (a) => a.getLogs('agt_1', { to: 'tomorrow' })],
  ];
  test.each(refused)('refuses %s before anything is sent', async (_what, call) => {
    const server = await startRecordingServer(() => ({}));
    await expect(call(connect(server.url))).rejects.toMatchObject({ name: 'RunctlValidationError', attempts: 0 });
    await server.close();
    expect(server.requests).toEqual([]);
  });

  const misfits: [string, unknown, (a: Agents) => Promise<unknown>][] = [
    ['an entity is no page', { id: 'agt_1' }, (a) => a.list()],
    ['a list is no entity', [], (a) => a.getById('agt_1')],
    ['an entity is no list', { id: 'agt_1' }, (a) => a.listBuiltInTools()],
  ];
  test.each(misfits)('%s', async (_what, answer, call) => {
    const server = await startRecordingServer(() => answer);
    await expect(call(connect(server.url))).rejects.toThrow(RunctlDecodeError);
    await server.close();
  });
});

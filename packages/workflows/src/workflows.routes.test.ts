/// <reference types="node" />
import { createClient } from '@runctl/core';
import { emptyPage, type MethodCall, methodNames, observeCall } from '@runctl/testkit';
import { describe, expect, test } from 'vitest';
import {
  type CreateWorkflowDefinitionInput,
  type WorkflowDefinitions,
  type WorkflowRoutes,
  type Workflows,
  workflowDefinitions,
  workflows,
} from './index.ts';

interface Both {
  workflows: Workflows;
  workflowDefinitions: WorkflowDefinitions;
}
const connect = (baseUrl: string): Both =>
  createClient({ apiKey: 'rctl_test', baseUrl, retries: 0, resources: { workflows, workflowDefinitions } });

const pipeline: CreateWorkflowDefinitionInput = {
  name: 'Content Pipeline',
  pattern: 'sequential',
  steps: [
    { stepId: 'research', name: 'Research', agentId: 'agt_1' },
    { stepId: 'sign', name: 'Sign', type: 'approval', prompt: 'Publish?', dependsOn: ['research'] },
  ],
};
const topicSchema = { type: 'object', properties: { topic: { type: 'string' } } };
const run = { workflowDefinitionId: 'wfd_1', input: { topic: 'AI' } };

/** One row a method. A method without a row fails, and so does a route that no row names. */
const calls = {
  'workflowDefinitions.create': {
    route: 'POST /workflow-definitions',
    call: (c, options) => c.workflowDefinitions.create({ ...pipeline, inputSchema: topicSchema }, options),
    path: '/workflow-definitions',
    body: { ...pipeline, inputSchema: topicSchema },
  },
  'workflowDefinitions.getById': {
    route: 'GET /workflow-definitions/:definitionId',
    call: (c, options) => c.workflowDefinitions.getById('wfd_1', { version: 2 }, options),
    path: '/workflow-definitions/wfd_1',
    query: { version: '2' },
  },
  'workflowDefinitions.list': {
    route: 'GET /workflow-definitions',
    call: (c, options) => c.workflowDefinitions.list({ search: 'content', page: 1 }, options),
    path: '/workflow-definitions',
    query: { search: 'content', page: '1' },
    answer: emptyPage,
  },
  'workflowDefinitions.iter': {
    route: 'GET /workflow-definitions',
    call: (c, options) => c.workflowDefinitions.iter({ search: 'content' }, options),
    path: '/workflow-definitions',
    query: { search: 'content' },
    answer: emptyPage,
  },
  'workflowDefinitions.listAll': {
    route: 'GET /workflow-definitions',
    call: (c, options) => c.workflowDefinitions.listAll({ limit: 50 }, options),
    path: '/workflow-definitions',
    query: { limit: '50' },
    answer: emptyPage,
  },
  'workflowDefinitions.update': {
    route: 'PATCH /workflow-definitions/:definitionId',
    call: (c, options) => c.workflowDefinitions.update('wfd_1', { name: 'New' }, options),
    path: '/workflow-definitions/wfd_1',
    body: { name: 'New' },
  },
  'workflowDefinitions.delete': {
    route: 'DELETE /workflow-definitions/:definitionId',
    call: (c, options) => c.workflowDefinitions.delete('wfd_1', options),
    path: '/workflow-definitions/wfd_1',
  },
  'workflowDefinitions.validate': {
    route: 'POST /workflow-definitions/validate',
    call: (c, options) => c.workflowDefinitions.validate(pipeline, options),
    path: '/workflow-definitions/validate',
    body: pipeline,
  },
  'workflows.execute': {
    route: 'POST /workflows',
    call: (c, options) => c.workflows.execute({ ...run, version: 2 }, options),
    path: '/workflows',
    body: { ...run, version: 2 },
  },
  'workflows.executeAndWait': {
    route: 'POST /workflows',
    call: (c, options) => c.workflows.executeAndWait(run, options),
    path: '/workflows',
    query: { wait: '5' },
    body: run,
  },
  'workflows.getById': {
    route: 'GET /workflows/:workflowId',
    call: (c, options) => c.workflows.getById('wfl_1', options),
    path: '/workflows/wfl_1',
  },
  'workflows.list': {
    route: 'GET /workflows',
    call: (c, options) => c.workflows.list({ status: ['queued', 'running'], fromDate: new Date(0) }, options),
    path: '/workflows',
    query: { status: ['queued', 'running'], fromDate: '1970-01-01T00:00:00.000Z' },
    answer: emptyPage,
  },
  'workflows.iter': {
    route: 'GET /workflows',
    call: (c, options) => c.workflows.iter({ workflowDefinitionId: 'wfd_1' }, options),
    path: '/workflows',
    query: { workflowDefinitionId: 'wfd_1' },
    answer: emptyPage,
  },
  'workflows.listAll': {
    route: 'GET /workflows',
    call: (c, options) => c.workflows.listAll({ status: 'failed' }, options),
    path: '/workflows',
    query: { status: 'failed' },
    answer: emptyPage,
  },
  'workflows.waitForCompletion': {
    route: 'GET /workflows/:workflowId',
    call: (c, { headers }) => c.workflows.waitForCompletion('wfl_1', { headers }),
    path: '/workflows/wfl_1',
  },
  'workflows.pollUntilComplete': {
    route: 'GET /workflows/:workflowId',
    call: (c, { headers }) => c.workflows.pollUntilComplete('wfl_1', { headers }),
    path: '/workflows/wfl_1',
  },
  'workflows.cancel': {
    route: 'POST /workflows/:workflowId/cancel',
    call: (c, options) => c.workflows.cancel('wfl_1', undefined, options),
    path: '/workflows/wfl_1/cancel',
    body: {},
  },
  'workflows.retry': {
    route: 'POST /workflows/:workflowId/retry',
    call: (c, options) => c.workflows.retry('wfl_1', { fromStepId: 'research' }, options),
    path: '/workflows/wfl_1/retry',
    body: { fromStepId: 'research' },
  },
  'workflows.getSteps': {
    route: 'GET /workflows/:workflowId/steps',
    call: (c, options) => c.workflows.getSteps('wfl_1', options),
    path: '/workflows/wfl_1/steps',
    answer: [],
  },
  'workflows.approveStep': {
    route: 'POST /workflows/:workflowId/steps/:stepId/approve',
    call: (c, options) => c.workflows.approveStep('wfl_1', 'sign', { comment: 'Go.', output: { ok: true } }, options),
    path: '/workflows/wfl_1/steps/sign/approve',
    body: { comment: 'Go.', output: { ok: true } },
  },
  'workflows.rejectStep': {
    route: 'POST /workflows/:workflowId/steps/:stepId/reject',
    call: (c, options) => c.workflows.rejectStep('wfl_1', 'sign', { reason: 'No.' }, options),
    path: '/workflows/wfl_1/steps/sign/reject',
    body: { reason: 'No.' },
  },
  'workflows.getMetrics': {
    route: 'GET /workflows/:workflowId/metrics',
    call: (c, options) => c.workflows.getMetrics('wfl_1', options),
    path: '/workflows/wfl_1/metrics',
  },
  'workflows.events.list': {
    route: 'GET /workflows/:workflowId/events',
    call: (c, options) => c.workflows.events.list('wfl_1', { type: 'step.status' }, options),
    path: '/workflows/wfl_1/events',
    query: { type: 'step.status' },
    answer: emptyPage,
  },
  'workflows.events.iter': {
    route: 'GET /workflows/:workflowId/events',
    call: (c, options) => c.workflows.events.iter('wfl_1', undefined, options),
    path: '/workflows/wfl_1/events',
    answer: emptyPage,
  },
  'workflows.events.stream': {
    route: 'GET /workflows/:workflowId/events/stream',
    call: (c, { headers }) => c.workflows.events.stream('wfl_1', {}, { headers }),
    path: '/workflows/wfl_1/events/stream',
    answer: 'retry: 1000\n\nevent: end\ndata: {}\n\n',
  },
  'workflows.events.createStreamUrl': {
    route: 'POST /workflows/:workflowId/events/stream-tokens',
    call: (c, options) => c.workflows.events.createStreamUrl('wfl_1', {}, options),
    path: '/workflows/wfl_1/events/stream-tokens',
    answer: { token: 't', expiresAt: '2026-01-01T00:00:00.000Z' },
  },
} satisfies Record<string, MethodCall<Both, keyof WorkflowRoutes>>;

/** Compiles where every route of the table has a row. */
type Uncalled = Exclude<keyof WorkflowRoutes, (typeof calls)[keyof typeof calls]['route']>;
const everyRouteIsCalled: [Uncalled] extends [never] ? true : Uncalled = true;

describe('workflows over HTTP', () => {
  test('every method has a row here, and every route a method', () => {
    const { workflows, workflowDefinitions } = connect('http://127.0.0.1');
    const guards = ['isCompleted', 'isFailed', 'isFinished'].map((name) => `workflows.${name}`);
    expect([...Object.keys(calls), ...guards, 'workflows.events.streamUrl'].sort()).toEqual(
      methodNames({ workflows, workflowDefinitions }),
    );
    expect(everyRouteIsCalled).toBe(true);
  });

  test.each(Object.entries<MethodCall<Both, string>>(calls))('%s asks for its route', async (_name, method) => {
    const { seen, expected } = await observeCall(method, connect);
    expect(seen).toEqual(expected);
  });
});

/// <reference types="node" />
import { createClient } from '@runctl/core';
import { emptyPage, type MethodCall, methodNames, observeCall } from '@runctl/testkit';
import { describe, expect, test } from 'vitest';
import { type TeamRoutes, type Teams, teams } from './index.ts';

const connect = (baseUrl: string) =>
  createClient({ apiKey: 'rctl_test', baseUrl, retries: 0, resources: { teams } }).teams;

const research = {
  name: 'Research Team',
  description: 'A team for research',
  members: [{ agentId: 'agt_1', role: 'researcher' }],
};
const reviewer = { agentId: 'agt_2', role: 'reviewer' };

/** One row a method. A method without a row fails, and so does a route that no row names. */
const calls = {
  create: { route: 'POST /teams', call: (t, options) => t.create(research, options), path: '/teams', body: research },
  getById: { route: 'GET /teams/:teamId', call: (t, options) => t.getById('tem_1', options), path: '/teams/tem_1' },
  list: {
    route: 'GET /teams',
    call: (t, options) => t.list({ agentId: 'agt_1', limit: 5 }, options),
    path: '/teams',
    query: { agentId: 'agt_1', limit: '5' },
    answer: emptyPage,
  },
  iter: {
    route: 'GET /teams',
    call: (t, options) => t.iter({ search: 'res' }, options),
    path: '/teams',
    query: { search: 'res' },
    answer: emptyPage,
  },
  listAll: { route: 'GET /teams', call: (t, options) => t.listAll({}, options), path: '/teams', answer: emptyPage },
  update: {
    route: 'PATCH /teams/:teamId',
    call: (t, options) => t.update('tem_1', { strategy: 'parallel' }, options),
    path: '/teams/tem_1',
    body: { strategy: 'parallel' },
  },
  delete: { route: 'DELETE /teams/:teamId', call: (t, options) => t.delete('tem_1', options), path: '/teams/tem_1' },
  addMember: {
    route: 'POST /teams/:teamId/members',
    call: (t, options) => t.addMember('tem_1', reviewer, options),
    path: '/teams/tem_1/members',
    body: reviewer,
  },
  removeMember: {
    route: 'DELETE /teams/:teamId/members/:agentId',
    call: (t, options) => t.removeMember('tem_1', 'agt_2', options),
    path: '/teams/tem_1/members/agt_2',
  },
  listMembers: {
    route: 'GET /teams/:teamId/members',
    call: (t, options) => t.listMembers('tem_1', options),
    path: '/teams/tem_1/members',
    answer: [],
  },
  deploy: {
    route: 'POST /teams/:teamId/deploy',
    call: (t, options) => t.deploy('tem_1', undefined, options),
    path: '/teams/tem_1/deploy',
    body: {},
  },
  stop: {
    route: 'POST /teams/:teamId/stop',
    call: (t, options) => t.stop('tem_1', options),
    path: '/teams/tem_1/stop',
  },
  getMetrics: {
    route: 'GET /teams/:teamId/metrics',
    call: (t, options) => t.getMetrics('tem_1', { from: '2026-01-01', to: 1_767_312_000_000 }, options),
    path: '/teams/tem_1/metrics',
    query: { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' },
  },
} satisfies Record<string, MethodCall<Teams, keyof TeamRoutes>>;

/** Compiles where every route of the table has a row. */
type Uncalled = Exclude<keyof TeamRoutes, (typeof calls)[keyof typeof calls]['route']>;
const everyRouteIsCalled: [Uncalled] extends [never] ? true : Uncalled = true;

describe('teams over HTTP', () => {
  test('every method has a row here, and every route a method', () => {
    expect(Object.keys(calls).sort()).toEqual(methodNames(connect('http://127.0.0.1')));
    expect(everyRouteIsCalled).toBe(true);
  });

  test.each(Object.entries<MethodCall<Teams, string>>(calls))('%s asks for its route', async (_name, method) => {
    const { seen, expected } = await observeCall(method, connect);
    expect(seen).toEqual(expected);
  });

  test('an id that is none is refused before anything is sent', async () => {
    const refused = connect('http://127.0.0.1:9').removeMember('tem_1', '..');
    await expect(refused).rejects.toMatchObject({ name: 'RunctlValidationError', attempts: 0 });
  });
});

/// <reference types="node" />
import { inspect } from 'node:util';
import { startRecordingServer } from '@runctl/testkit';
import { describe, expect, test } from 'vitest';
import * as sdk from './index.ts';
import { Runctl, RunctlConfigError, RunctlConflictError } from './index.ts';

const KEY = 'rctl_0123456789abcdefghijABCDEFGHIJ01';

describe('Runctl', () => {
  test('has a field for each resource, and each asks the same server with the same key', async () => {
    const server = await startRecordingServer(({ path }) => (path.endsWith('s') ? { data: [], nextCursor: null } : {}));
    const client = new Runctl({ apiKey: KEY, baseUrl: server.url });
    await client.agents.list();
    await client.tasks.list();
    await client.workflows.list();
    await client.workflowDefinitions.list();
    await client.teams.list();
    await client.tenants.list();
    await server.close();
    expect(server.requests.map(({ path }) => path)).toEqual(
      ['agents', 'tasks', 'workflows', 'workflow-definitions', 'teams', 'tenants'].map((name) => `/v1/${name}`),
    );
    expect(new Set(server.requests.map(({ headers }) => headers.authorization))).toEqual(new Set([`Bearer ${KEY}`]));
  });

  test('with other options is a Runctl again, with resources of its own', async () => {
    const server = await startRecordingServer(() => ({ id: 'agt_1' }));
    const client = new Runctl({ apiKey: KEY, baseUrl: server.url, headers: { 'x-team': 'red' } });
    const other = client.withOptions({ headers: { 'x-team': 'blue' } });
    await other.agents.getById('agt_1');
    await client.agents.getById('agt_1');
    await server.close();
    expect(other).toBeInstanceOf(Runctl);
    expect(server.requests.map(({ headers }) => headers['x-team'])).toEqual(['blue', 'red']);
  });

  test('sends what has no method through fetch and request', async () => {
    const server = await startRecordingServer(() => ({ ok: true }));
    const client = new Runctl({ apiKey: KEY, baseUrl: server.url });
    expect(await (await client.fetch('/whoami')).json()).toEqual({ ok: true });
    expect(await client.request({ route: 'GET /tools/:name', params: { name: 'calculator' } })).toEqual({ ok: true });
    await server.close();
    expect(server.requests.map(({ path }) => path)).toEqual(['/v1/whoami', '/v1/tools/calculator']);
  });

  test('shows its key nowhere', () => {
    const client = new Runctl({ apiKey: KEY, baseUrl: 'http://127.0.0.1:4700' });
    const shown = inspect(client, { depth: 30, showHidden: true }) + JSON.stringify(client) + String(client);
    expect(shown).not.toContain(KEY);
  });

  test.each([
    ['no key', {}, /RUNCTL_API_KEY/],
    ['a blank key', { apiKey: ' ' }, /RUNCTL_API_KEY/],
    ['an option that is none', { apiKey: KEY, timeOut: 5 }, /timeOut/],
    ['a timeout that is none', { apiKey: KEY, timeout: Number.NaN }, /timeout/],
  ])('refuses %s', (_what, options, message) => {
    expect(() => new Runctl(options as ConstructorParameters<typeof Runctl>[0])).toThrow(RunctlConfigError);
    expect(() => new Runctl(options as ConstructorParameters<typeof Runctl>[0])).toThrow(message);
  });
});

describe('Runctl.fromEnv', () => {
  test('reads key, address, timeout and retries', async () => {
    const server = await startRecordingServer(() => ({}));
    const env = { RUNCTL_API_KEY: KEY, RUNCTL_BASE_URL: server.url, RUNCTL_TIMEOUT: '5000', RUNCTL_RETRIES: '0' };
    await Runctl.fromEnv({ env }).tenants.whoami();
    await server.close();
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  test('an option given beats its variable', () => {
    const env = { RUNCTL_API_KEY: KEY, RUNCTL_BASE_URL: 'http://127.0.0.1:1', RUNCTL_TIMEOUT: 'soon' };
    const client = Runctl.fromEnv({ env, baseUrl: 'http://127.0.0.1:2', timeout: 1_000 });
    expect(client.baseUrl).toBe('http://127.0.0.1:2/v1');
  });

  test('reads the environment of the process where none is given', () => {
    const before = process.env.RUNCTL_API_KEY;
    process.env.RUNCTL_API_KEY = KEY;
    try {
      expect(Runctl.fromEnv()).toBeInstanceOf(Runctl);
    } finally {
      if (before === undefined) delete process.env.RUNCTL_API_KEY;
      else process.env.RUNCTL_API_KEY = before;
    }
  });

  test.each([
    ['RUNCTL_API_KEY', {}],
    ['RUNCTL_API_KEY', { RUNCTL_API_KEY: '  ' }],
    ['RUNCTL_TIMEOUT', { RUNCTL_API_KEY: KEY, RUNCTL_TIMEOUT: '30s' }],
    ['RUNCTL_TIMEOUT', { RUNCTL_API_KEY: KEY, RUNCTL_TIMEOUT: '0x10' }],
    ['RUNCTL_RETRIES', { RUNCTL_API_KEY: KEY, RUNCTL_RETRIES: '1_000' }],
    ['RUNCTL_BASE_URL', { RUNCTL_API_KEY: KEY, RUNCTL_BASE_URL: 'ftp://example.com' }],
  ])('names the variable that is missing or malformed: %s', (name, env) => {
    expect(() => Runctl.fromEnv({ env })).toThrow(RunctlConfigError);
    expect(() => Runctl.fromEnv({ env })).toThrow(name);
  });
});

test('Runctl.isControllerBusy knows the error by its code', () => {
  const busy = new RunctlConflictError('A deploy is under way.', { status: 409, code: 'controller.busy' });
  const other = new RunctlConflictError('It runs.', { status: 409, code: 'agent.running' });
  expect(Runctl.isControllerBusy(busy)).toBe(true);
  expect(Runctl.isControllerBusy(other)).toBe(false);
  expect(Runctl.isControllerBusy('controller.busy')).toBe(false);
});

test('exports what every package exports', async () => {
  const packages = await Promise.all([
    import('@runctl/core'),
    import('@runctl/agents'),
    import('@runctl/tasks'),
    import('@runctl/workflows'),
    import('@runctl/teams'),
    import('@runctl/tenants'),
  ]);
  const names = packages.flatMap((exported) => Object.keys(exported));
  expect(Object.keys(sdk).sort()).toEqual([...names, 'Runctl'].sort());
});

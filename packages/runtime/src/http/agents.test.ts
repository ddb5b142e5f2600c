import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProviderProblem } from '../models/model.ts';
import { type FrontDoor, openFrontDoor, simulatedAgent } from './front-door.test-rig.ts';

const providerProblems = new Map<string, ProviderProblem>([
  ['openai', { code: 'provider_not_configured', message: 'openai has no key.', hint: 'Set OPENAI_API_KEY.' }],
  ['opnai', { code: 'provider_unsupported', message: 'No opnai here.', hint: 'Use openai.' }],
]);

let door: FrontDoor;
beforeEach(async () => {
  door = await openFrontDoor({
    agentTypes: new Set(['reactive']),
    gateway: {
      checkProvider: (provider) => providerProblems.get(provider) ?? null,
    },
    tools: {
      describe: () => [{ name: 'calculator', description: 'Calculates.', inputSchema: {} }],
      check: (tools) =>
        tools.flatMap((tool, index) =>
          typeof tool === 'object' && tool !== null && 'lambdaArn' in tool
            ? [{ path: `/tools/${index}`, code: 'agent.tool_target_unsupported', message: 'No Lambda here.' }]
            : [],
        ),
    },
  });
});
afterEach(() => door.close());

const create = async (change: object = {}) => {
  const { status, body } = await door.call('POST /v1/agents', { body: { ...simulatedAgent, ...change } });
  expect(status, JSON.stringify(body)).toBe(201);
  return body;
};
const post = (path: string, body?: object) => door.call(`POST /v1/agents/${path}`, { body });

describe('creating and reading', () => {
  it('fills every default in', async () => {
    const agent = await create();
    expect(agent).toEqual({
      ...simulatedAgent,
      id: expect.stringMatching(/^agt_[0-9a-z]{26}$/),
      tenantId: door.tenantId,
      description: null,
      modelConfig: {},
      tools: [],
      resources: {},
      limits: { maxSteps: 20, taskTimeoutSeconds: 600, maxCostUsdPerTask: null, actionTimeoutSeconds: null },
      members: [],
      rubric: [],
      metadata: {},
      labels: {},
      status: 'draft',
      version: 1,
      replicas: { desired: 0, ready: 0 },
      resourceEnforcement: 'advisory',
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      updatedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect((await door.call(`GET /v1/agents/${agent.id}`)).body).toEqual(agent);
  });

  it('says what is missing, by its id', async () => {
    expect((await door.call('GET /v1/agents/agt_invalid')).body).toMatchObject({
      type: 'urn:runctl:error:agent.not_found',
      status: 404,
      code: 'agent.not_found',
      resource: 'agent',
      resourceId: 'agt_invalid',
      retryable: false,
      details: [],
    });
  });

  it('refuses a type without a loop', async () => {
    const { status, body } = await door.call('POST /v1/agents', { body: { ...simulatedAgent, type: 'router' } });
    expect([status, body.details]).toEqual([
      400,
      [expect.objectContaining({ path: '/type', code: 'agent.type_unsupported' })],
    ]);
  });

  it('refuses a provider that the runtime does not have, at once; a key may come up to the deploy', async () => {
    const refused = {
      status: 400,
      body: {
        details: [{ path: '/modelProvider', code: 'provider_unsupported', message: 'No opnai here. Use openai.' }],
      },
    };
    const unknown = { modelProvider: 'opnai' };
    expect(await door.call('POST /v1/agents', { body: { ...simulatedAgent, ...unknown } })).toMatchObject(refused);
    const { id } = await create({ modelProvider: 'openai' });
    expect(await door.call(`PATCH /v1/agents/${id}`, { body: unknown })).toMatchObject(refused);
  });

  it('takes exactly one target of a tool, and says which it cannot execute', async () => {
    const tool = { name: 't', description: 'd', inputSchema: { type: 'object' }, enabled: true };
    const send = (change: object) =>
      door.call('POST /v1/agents', { body: { ...simulatedAgent, tools: [{ ...tool, ...change }] } });
    expect(await send({ invokeUrl: 'https://x.test' })).toMatchObject({ status: 201 });
    expect(await send({})).toMatchObject({ status: 400, body: { details: [{ path: '/tools/0' }] } });
    expect(await send({ invokeUrl: 'https://x.test', inlineScript: 'x' })).toMatchObject({ status: 400 });
    expect(await send({ lambdaArn: 'arn:x' })).toMatchObject({
      status: 400,
      body: { code: 'agent.tool_target_unsupported' },
    });
    const many = Array.from({ length: 65 }, () => 'calculator');
    expect(await door.call('POST /v1/agents', { body: { ...simulatedAgent, tools: many } })).toMatchObject({
      status: 400,
    });
  });

  it('lists the built-in tools', async () => {
    expect((await door.call('GET /v1/tools')).body).toEqual([
      { name: 'calculator', description: 'Calculates.', inputSchema: {} },
    ]);
  });
});

describe('listing', () => {
  it('filters by status, type, text in any case, and labels', async () => {
    const red = await create({ name: 'Büro Ä', labels: { team: 'red', env: 'prod' } });
    const blue = await create({ description: '100% of the WORK', labels: { team: 'blue', env: 'prod' } });
    await post(`${red.id}/deploy`);
    const ids = async (query: string) => {
      const { status, body } = await door.call(`GET /v1/agents?${query}`);
      expect(status, JSON.stringify(body)).toBe(200);
      return body.data.map(({ id }: { id: string }) => id);
    };
    expect(await ids('')).toEqual([blue.id, red.id]);
    expect(await ids('status=running')).toEqual([red.id]);
    expect(await ids('status=running&status=draft')).toEqual([blue.id, red.id]);
    expect(await ids('type=reactive&limit=1')).toEqual([blue.id]);
    expect(await ids('search=b%C3%BCro%20%C3%A4')).toEqual([red.id]);
    expect(await ids('search=100%25')).toEqual([blue.id]);
    expect(await ids('search=1_0')).toEqual([]);
    expect(await ids('label[env]=prod')).toEqual([blue.id, red.id]);
    expect(await ids('label[env]=prod&label[team]=red')).toEqual([red.id]);
  });

  it('walks pages by number and by cursor, and new agents move nothing', async () => {
    const ids = [];
    for (let at = 0; at < 5; at++) ids.unshift((await create({ name: `a${at}` })).id);
    const first = (await door.call('GET /v1/agents?limit=2')).body;
    expect(first.pagination).toEqual({ page: 1, limit: 2, total: 5, totalPages: 3, hasMore: true });
    await create({ name: 'late' });
    const second = (await door.call(`GET /v1/agents?limit=2&cursor=${first.nextCursor}`)).body;
    expect(second.pagination).toEqual({ page: null, limit: 2, total: null, totalPages: null, hasMore: true });
    const third = (await door.call(`GET /v1/agents?limit=2&cursor=${second.nextCursor}`)).body;
    expect([third.pagination.hasMore, third.nextCursor]).toEqual([false, null]);
    const walked = [...first.data, ...second.data, ...third.data].map(({ id }: { id: string }) => id);
    expect(walked).toEqual(ids);
    expect((await door.call('GET /v1/agents?limit=4&page=2')).body.data).toHaveLength(2);
  });
});

describe('updating and deleting', () => {
  it('makes the next version, keeps what is left out, and replaces labels', async () => {
    const agent = await create({ limits: { maxSteps: 3 }, labels: { team: 'red' } });
    const change = { name: 'New', limits: { taskTimeoutSeconds: 5 }, labels: { team: 'blue' } };
    const { body: next } = await door.call(`PATCH /v1/agents/${agent.id}`, { body: change });
    expect(next).toMatchObject({
      version: 2,
      name: 'New',
      model: 'echo',
      limits: { maxSteps: 3, taskTimeoutSeconds: 5 },
    });
    expect((await door.call('GET /v1/agents?label[team]=red')).body.data).toEqual([]);
    const versions = await door.store.query.selectFrom('agent_versions').select(['version', 'config']).execute();
    expect(versions.map(({ version, config }) => [version, JSON.parse(config).name])).toEqual([
      [1, 'Echo'],
      [2, 'New'],
    ]);
  });

  it('refuses a change of another version than expected', async () => {
    const { id } = await create();
    const patch = (ifMatch: string) =>
      door.call(`PATCH /v1/agents/${id}`, { body: { name: 'x' }, headers: { 'if-match': ifMatch } });
    expect(await patch('2')).toMatchObject({ status: 412, body: { code: 'version.mismatch' } });
    expect(await patch('"1"')).toMatchObject({ status: 200, body: { version: 2 } });
    expect(await patch('*')).toMatchObject({ status: 400 });
  });

  it('deletes an agent that is out of service and has no open tasks', async () => {
    const { id } = await create({ labels: { a: 'b' } });
    await post(`${id}/deploy`);
    expect(await door.call(`DELETE /v1/agents/${id}`)).toMatchObject({ status: 409, body: { code: 'agent.running' } });
    await post(`${id}/stop`);
    const task = (await door.call('POST /v1/tasks', { body: { agentId: id, input: { payload: {} } } })).body;
    expect(await door.call(`DELETE /v1/agents/${id}`)).toMatchObject({
      status: 409,
      body: { code: 'agent.has_open_tasks' },
    });
    await door.call(`POST /v1/tasks/${task.id}/cancel`);
    expect(await door.call(`DELETE /v1/agents/${id}`)).toMatchObject({ status: 200, body: { id, deleted: true } });
    expect(await door.call(`GET /v1/agents/${id}`)).toMatchObject({ status: 404 });
    expect(await door.call(`GET /v1/tasks/${task.id}`)).toMatchObject({ status: 200 });
    expect((await door.call('GET /v1/agents')).body.pagination.total).toBe(0);
  });
});

describe('control operations', () => {
  it('deploys, scales, pauses, restarts, stops and deploys again as many as before', async () => {
    const { id } = await create();
    const agent = async () => (await door.call(`GET /v1/agents/${id}`)).body;
    const deployed = (await post(`${id}/deploy`, { replicas: 2, strategy: 'immediate' })).body;
    expect(deployed).toMatchObject({
      id: expect.stringMatching(/^dep_/),
      agentId: id,
      agentVersion: 1,
      reason: 'deploy',
      status: 'succeeded',
      strategy: 'immediate',
      replicas: { previous: 0, desired: 2, ready: 2 },
      error: null,
    });
    expect(await agent()).toMatchObject({ status: 'running', replicas: { desired: 2, ready: 2 } });
    expect((await post(`${id}/scale`, { desiredReplicas: 5 })).body.replicas).toEqual({
      previous: 2,
      desired: 5,
      ready: 5,
    });
    await post(`${id}/scale`, { desiredReplicas: 0 });
    expect(await agent()).toMatchObject({ status: 'running', replicas: { desired: 0, ready: 0 } });
    expect((await post(`${id}/restart`)).body).toMatchObject({ reason: 'restart', strategy: 'rolling' });
    expect((await post(`${id}/stop`, { drainSeconds: 1 })).body).toMatchObject({
      reason: 'stop',
      replicas: { desired: 0 },
    });
    expect(await agent()).toMatchObject({ status: 'stopped' });
    expect((await post(`${id}/restart`)).body).toMatchObject({ reason: 'restart', replicas: { desired: 5 } });
    expect(await agent()).toMatchObject({ status: 'running' });
    await post(`${id}/stop`);
    expect((await post(`${id}/deploy`)).body.replicas.desired).toBe(5);
    const { data } = (await door.call(`GET /v1/agents/${id}/deployments`)).body;
    expect(data.map(({ reason }: { reason: string }) => reason)).toEqual([
      'deploy',
      'stop',
      'restart',
      'stop',
      'restart',
      'scale',
      'scale',
      'deploy',
    ]);
    const one = await door.call(`GET /v1/agents/${id}/deployments/${deployed.id}?wait=5&version=1`);
    expect(one.body).toEqual(deployed);
  });

  it('rolls back to the version before, or to a given one', async () => {
    const { id } = await create({ name: 'v1' });
    for (const name of ['v2', 'v3']) await door.call(`PATCH /v1/agents/${id}`, { body: { name } });
    await post(`${id}/deploy`);
    expect((await post(`${id}/rollback`)).body).toMatchObject({ reason: 'rollback', agentVersion: 2 });
    expect((await post(`${id}/rollback`)).body).toMatchObject({ agentVersion: 1 });
    expect(await post(`${id}/rollback`)).toMatchObject({ status: 404, body: { code: 'agent_version.not_found' } });
    expect((await post(`${id}/rollback`, { toVersion: 3 })).body).toMatchObject({ agentVersion: 3 });
  });

  it('says which variable a provider wants, and changes nothing', async () => {
    const { id } = await create({ modelProvider: 'openai' });
    expect(await post(`${id}/deploy`)).toMatchObject({
      status: 409,
      body: { code: 'provider_not_configured', hint: 'Set OPENAI_API_KEY.', resourceId: id },
    });
    expect((await door.call(`GET /v1/agents/${id}`)).body.status).toBe('draft');
  });

  it('tells that an agent is not in service', async () => {
    const { id } = await create();
    for (const [operation, body] of [['scale', { desiredReplicas: 1 }], ['restart'], ['stop'], ['rollback']] as const) {
      expect(await post(`${id}/${operation}`, body)).toMatchObject({
        status: 409,
        body: { code: 'agent.not_deployed' },
      });
    }
  });
});

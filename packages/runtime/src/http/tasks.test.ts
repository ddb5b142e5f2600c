import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FrontDoor, openFrontDoor, simulatedAgent, startToyWorker } from './front-door.test-rig.ts';

let door: FrontDoor;
let agentId: string;
beforeEach(async () => {
  door = await openFrontDoor();
  agentId = (await door.call('POST /v1/agents', { body: simulatedAgent })).body.id;
});
afterEach(() => door.close());

const input = { payload: { message: 'Hello' } };
const create = async (change: object = {}) => {
  const { status, body } = await door.call('POST /v1/tasks', { body: { agentId, input, ...change } });
  expect(status, JSON.stringify(body)).toBe(201);
  return body;
};
const rowOf = (id: string) =>
  door.store.query.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

describe('creating', () => {
  it('accepts a task of an agent that is not deployed, and fills every default in', async () => {
    expect(await create()).toEqual({
      id: expect.stringMatching(/^tsk_[0-9a-z]{26}$/),
      tenantId: door.tenantId,
      agentId,
      agentVersion: null,
      teamId: null,
      workflowId: null,
      batchId: null,
      parentTaskId: null,
      retryOf: null,
      forkedFrom: null,
      status: 'queued',
      result: null,
      error: null,
      waitingFor: null,
      priority: 'normal',
      input: { version: '1.0', ...input },
      outputSchema: null,
      attempt: 0,
      usage: {
        inputTokens: 0,
        cacheReadTokens: 0,
        cacheWriteTokens: 0,
        outputTokens: 0,
        reasoningTokens: 0,
        costUsd: 0,
        steps: 0,
        modelCalls: 0,
        toolCalls: 0,
      },
      simulated: false,
      metadata: {},
      labels: {},
      version: 1,
      scheduledFor: null,
      createdAt: expect.any(String),
      startedAt: null,
      finishedAt: null,
      updatedAt: expect.any(String),
    });
  });

  it('keeps what was asked: schedule, expiry, limits, memory, head start', async () => {
    const scheduledFor = new Date(Date.now() + 3_600_000).toISOString();
    const limits = { timeoutSeconds: 5, maxCostUsd: 0.25, expiresInSeconds: 60 };
    const task = await create({ scheduledFor, ...limits, memory: { a: 1 }, priority: 'critical', labels: { x: 'y' } });
    expect(task).toMatchObject({ status: 'scheduled', scheduledFor, priority: 'critical', labels: { x: 'y' } });
    expect(await rowOf(task.id)).toMatchObject({
      timeout_seconds: 5,
      max_cost_microusd: 250_000,
      expires_at: Date.parse(scheduledFor) + 60_000,
      order_key: Date.parse(task.createdAt) - 3_600_000,
      memory: '{"a":1}',
    });
    expect(await create({ scheduledFor: '2020-01-01T00:00:00Z' })).toMatchObject({ status: 'queued' });
  });

  it('makes ids whose order is the order of creation', async () => {
    const ids = [];
    for (let at = 0; at < 20; at++) ids.push((await create()).id);
    expect(ids).toEqual([...ids].sort());
  });

  it.each([
    ['no assignee', { agentId: undefined }, '/agentId'],
    ['two assignees', { teamId: 'tem_1' }, '/agentId'],
    ['no payload', { input: {} }, '/input/payload'],
    ['a payload that is no object', { input: { payload: [] } }, '/input/payload'],
    ['another version of the input', { input: { version: '2.0', payload: {} } }, '/input/version'],
    ['an odd priority', { priority: 'urgent' }, '/priority'],
    ['a date that is none', { scheduledFor: 'tomorrow' }, '/scheduledFor'],
    ['a negative budget', { maxCostUsd: -1 }, '/maxCostUsd'],
    ['a label that is no text', { labels: { a: 1 } }, '/labels/a'],
    ['metadata of 17 kB', { metadata: { a: 'x'.repeat(17_000) } }, '/metadata'],
    ['a tenant', { tenantId: 'tnt_x' }, '/tenantId'],
  ])('refuses %s', async (_title, change, path) => {
    const { status, body } = await door.call('POST /v1/tasks', { body: { agentId, input, ...change } });
    expect([status, body.details[0].path]).toEqual([400, path]);
  });
});

describe('a batch', () => {
  const batch = (tasks: unknown[]) => door.call('POST /v1/tasks/batch', { body: { tasks } });
  const task = (message: string, agent = agentId) => ({ agentId: agent, input: { payload: { message } } });

  it('creates all, in order, under one batch id', async () => {
    const { status, body } = await batch([task('a'), task('b'), task('c')]);
    expect(status).toBe(201);
    expect(body.map((made: typeof body) => made.input.payload.message)).toEqual(['a', 'b', 'c']);
    expect(new Set(body.map((made: typeof body) => made.batchId)).size).toBe(1);
    expect((await door.call(`GET /v1/tasks?batchId=${body[0].batchId}`)).body.pagination.total).toBe(3);
  });

  it('creates none where one is refused, and names each refused one by its index', async () => {
    const unknown = await batch([task('a'), task('b', 'agt_x'), task('c'), task('d', 'agt_y')]);
    expect(unknown).toMatchObject({ status: 422, body: { code: 'task.batch_refused' } });
    expect(unknown.body.details.map(({ path }: { path: string }) => path)).toEqual([
      '/tasks/1/agentId',
      '/tasks/3/agentId',
    ]);
    const malformed = await batch([task('a'), { agentId, input: { payload: 1 } }]);
    expect([malformed.status, malformed.body.details[0].path]).toEqual([400, '/tasks/1/input/payload']);
    expect((await door.call('GET /v1/tasks')).body.pagination.total).toBe(0);
  });

  it('holds 1 to 25', async () => {
    expect((await batch([])).status).toBe(400);
    expect((await batch(Array.from({ length: 25 }, () => task('x')))).status).toBe(201);
    expect((await batch(Array.from({ length: 26 }, () => task('x')))).status).toBe(400);
  });
});

describe('listing', () => {
  it('filters by status, agent, dates and labels', async () => {
    const one = await create({ labels: { team: 'red' } });
    const two = await create();
    await door.call(`POST /v1/tasks/${two.id}/cancel`);
    const ids = async (query: string) => {
      const { status, body } = await door.call(`GET /v1/tasks?${query}`);
      expect(status, JSON.stringify(body)).toBe(200);
      return body.data.map(({ id }: { id: string }) => id);
    };
    expect(await ids(`agentId=${agentId}`)).toEqual([two.id, one.id]);
    expect(await ids('status=cancelled')).toEqual([two.id]);
    expect(await ids('status=queued&status=cancelled')).toEqual([two.id, one.id]);
    expect(await ids('label[team]=red')).toEqual([one.id]);
    expect(await ids(`fromDate=${one.createdAt}`)).toEqual([two.id, one.id]);
    expect(await ids(`toDate=${one.createdAt}`)).toEqual([]);
    expect(await ids('agentId=agt_x')).toEqual([]);
  });
});

describe('cancelling', () => {
  it('ends a task that waits, is scheduled or runs, tells why, and is idempotent', async () => {
    const later = new Date(Date.now() + 60_000).toISOString();
    for (const change of [{}, { scheduledFor: later }]) {
      const { id } = await create(change);
      const { body } = await door.call(`POST /v1/tasks/${id}/cancel`, { body: { reason: 'Changed my mind.' } });
      expect(body).toMatchObject({
        status: 'cancelled',
        version: 2,
        error: { code: 'cancelled', message: 'Changed my mind.' },
      });
      expect(body.finishedAt).not.toBeNull();
      expect((await door.call(`POST /v1/tasks/${id}/cancel`)).body).toEqual(body);
    }
  });

  it('reaches children of children, and tells those who listen', async () => {
    const [root, child, grandchild, ended] = [await create(), await create(), await create(), await create()];
    await door.store.write(async ({ query }) => {
      const parent = (id: string, parentId: string, change = {}) =>
        query
          .updateTable('tasks')
          .set({ parent_task_id: parentId, ...change })
          .where('id', '=', id)
          .execute();
      await parent(child.id, root.id, { status: 'running', owner: 'w' });
      await parent(grandchild.id, child.id);
      await parent(ended.id, root.id, { status: 'completed', result: '1' });
    });
    const told: string[] = [];
    door.store.onTaskChange(({ taskId, status }) => told.push(`${taskId} ${status}`));
    await door.call(`POST /v1/tasks/${root.id}/cancel`);
    expect(told).toEqual([root, child, grandchild].map(({ id }) => `${id} cancelled`));
    expect(await rowOf(child.id)).toMatchObject({ status: 'cancelled', owner: null });
    expect(await rowOf(ended.id)).toMatchObject({ status: 'completed' });
  });

  it('leaves a finished task as it is', async () => {
    await door.call(`POST /v1/agents/${agentId}/deploy`);
    startToyWorker(door.store);
    const { id } = await create();
    const done = (await door.call(`GET /v1/tasks/${id}?wait=5&version=2`)).body;
    expect(done).toMatchObject({ status: 'completed', result: 'done' });
    expect((await door.call(`POST /v1/tasks/${id}/cancel`)).body).toEqual(done);
  });
});

describe('a task for a team', () => {
  it('is refused where there is no such team', async () => {
    const { status, body } = await door.call('POST /v1/tasks', { body: { teamId: 'tem_1', input } });
    expect([status, body.code]).toEqual([404, 'team.not_found']);
  });
});

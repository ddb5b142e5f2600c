import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FrontDoor, openFrontDoor, simulatedAgent } from './front-door.test-rig.ts';
import { routes } from './routes.ts';

let door: FrontDoor;
let agentId: string;
let taskId: string;
let deploymentId: string;

beforeAll(async () => {
  door = await openFrontDoor();
  agentId = (await door.call('POST /v1/agents', { body: simulatedAgent })).body.id;
  deploymentId = (await door.call(`POST /v1/agents/${agentId}/deploy`)).body.id;
  taskId = (await door.call('POST /v1/tasks', { body: { agentId, input: { payload: { message: 'x' } } } })).body.id;
});
afterAll(() => door.close());

/** A body that the route takes, so that nothing but the id is wrong. */
const bodies: Record<string, unknown> = {
  'POST /agents/:agentId/scale': { desiredReplicas: 1 },
  'POST /tasks/:taskId/fork': { step: 1 },
};

describe('another tenant’s ids', () => {
  it('are answered like ids that do not exist, on every route that takes one', async () => {
    const known: Record<string, string> = { agentId, taskId, otherTaskId: taskId, deploymentId, step: '1' };
    const before = await snapshot();
    const tried: string[] = [];
    for (const [route, handler] of Object.entries(routes(door.services))) {
      if (handler.kind === 'not_implemented' || !/:(agentId|taskId)/.test(route)) continue;
      const [method, path = ''] = route.split(' ');
      const fill = (ids: Record<string, string>) => path.replace(/:(\w+)/g, (_, name: string) => ids[name] ?? '');
      const unknown = Object.fromEntries(Object.entries(known).map(([name, id]) => [name, absent(id)]));
      const call = {
        key: door.otherKey,
        body: method === 'GET' || method === 'DELETE' ? undefined : (bodies[route] ?? {}),
      };
      const [foreign, missing] = [
        await door.call(`${method} /v1${fill(known)}`, call),
        await door.call(`${method} /v1${fill(unknown)}`, call),
      ];
      tried.push(route);
      expect([route, foreign.status]).toEqual([route, 404]);
      expect(withoutIds(foreign.body, known)).toEqual(withoutIds(missing.body, unknown));
    }
    expect(tried.length).toBeGreaterThan(15);
    expect(await snapshot()).toEqual(before);
  });

  it('are unknown inside bodies', async () => {
    const task = { agentId, input: { payload: {} } };
    const key = door.otherKey;
    expect(await door.call('POST /v1/tasks', { key, body: task })).toMatchObject({ status: 404 });
    expect(await door.call('POST /v1/tasks/batch', { key, body: { tasks: [task] } })).toMatchObject({ status: 422 });
    const supervisor = { ...simulatedAgent, members: [{ agentId, role: 'any' }] };
    expect(await door.call('POST /v1/agents', { key, body: supervisor })).toMatchObject({
      status: 422,
      body: { details: [{ path: '/members/0/agentId' }] },
    });
  });

  it('filter and page nothing into sight', async () => {
    const key = door.otherKey;
    const cursor = Buffer.from(`tsk_${'z'.repeat(26)}`).toString('base64url');
    for (const query of [`agentId=${agentId}`, `forkedFrom=${taskId}`, `cursor=${cursor}`, 'status=queued']) {
      const { status, body } = await door.call(`GET /v1/tasks?${query}`, { key });
      expect([status, body.data]).toEqual([200, []]);
    }
    expect((await door.call('GET /v1/agents', { key })).body.data).toEqual([]);
  });
});

function absent(id: string): string {
  return id.length > 4 ? `${id.slice(0, 4)}${'0'.repeat(26)}` : id;
}

function withoutIds(body: object, ids: Record<string, string>): unknown {
  const text = JSON.stringify({ ...body, requestId: '' });
  return JSON.parse(Object.values(ids).reduce((rest, id) => (id.length > 4 ? rest.replaceAll(id, '') : rest), text));
}

async function snapshot(): Promise<unknown> {
  const { query } = door.store;
  return Promise.all(
    (['agents', 'agent_versions', 'deployments', 'tasks', 'labels', 'idempotency_keys'] as const).map((name) =>
      query.selectFrom(name).selectAll().execute(),
    ),
  );
}

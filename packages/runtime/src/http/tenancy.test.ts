import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FrontDoor, openFrontDoor, simulatedAgent } from './front-door.test-rig.ts';
import { routes } from './routes.ts';

let door: FrontDoor;
/** Of the first tenant, by the name that routes have for it. */
let ids: Record<string, string>;
/** Of the second tenant, which asks. */
let own: Record<string, string>;

/** Params that name nothing by themselves. */
const plain: Record<string, string> = { step: '1', stepId: 'first', suggestionId: `sug_${'0'.repeat(26)}` };

/** A definition whose workflows wait for a person. */
const waiting = {
  name: 'x',
  pattern: 'sequential',
  steps: [{ stepId: 'first', name: 'x', type: 'approval', prompt: 'x' }],
};

/** A webhook; nothing happens here that it would be told of. */
const webhook = { url: 'https://example.com/', events: ['billing.threshold'] };

/** Routes that are for everybody who has the secret in their path. */
const open = ['POST /invite-codes/:inviteCode/redeem'];

/** A body that the route takes, so that nothing but the id is wrong. */
const bodies: Record<string, unknown> = {
  'POST /agents/:agentId/scale': { desiredReplicas: 1 },
  'POST /teams/:teamId/members': { agentId: `agt_${'0'.repeat(26)}`, role: 'any' },
  'POST /tasks/:taskId/fork': { step: 1 },
  'POST /tasks/:taskId/respond': { answer: 'yes' },
  'POST /tasks/:taskId/feedback': { verdict: 'approved' },
  'POST /tenants/:tenantId/api-keys': { name: 'x' },
  'PATCH /tenants/:tenantId/members/:userId': { role: 'viewer' },
  'POST /tenants/:tenantId/invite-codes': { role: 'viewer' },
  'PUT /tenants/:tenantId/billing/spend-limit': { amount: 1 },
  'POST /tenants/:tenantId/webhooks': webhook,
  'POST /tenants/:tenantId/billing/portal-sessions': { returnUrl: 'https://example.com/' },
  'POST /tenants/:tenantId/billing/checkout-sessions': {
    returnUrl: 'https://example.com/',
    cancelUrl: 'https://example.com/',
  },
};

beforeAll(async () => {
  door = await openFrontDoor();
  const make = async (route: string, body?: unknown, key = door.apiKey) =>
    (await door.call(route, { key, ...(body === undefined ? {} : { body }) })).body;
  const agentId = (await make('POST /v1/agents', simulatedAgent)).id;
  const deploymentId = (await make(`POST /v1/agents/${agentId}/deploy`)).id;
  const teamId = (await make('POST /v1/teams', { name: 'x', members: [{ agentId, role: 'x' }] })).id;
  const taskId = (await make('POST /v1/tasks', { agentId, input: { payload: { message: 'x' } } })).id;
  const definitionId = (await make('POST /v1/workflow-definitions', waiting)).id;
  const workflowId = (await make('POST /v1/workflows', { workflowDefinitionId: definitionId })).id;
  const keyId = (await make('POST /v1/tenants/current/api-keys', { name: 'x' })).id;
  const { inviteCode } = await make('POST /v1/tenants/current/invite-codes', { role: 'member', maxUses: 2 });
  const { member } = await make(`POST /v1/invite-codes/${inviteCode}/redeem`, { email: 'a@example.com' });
  const webhookId = (await make('POST /v1/tenants/current/webhooks', webhook)).id;
  const deliveryId = await addDelivery(webhookId);
  const { tenantId } = door;
  const instanceId = await addInstance(agentId);
  const agent = { agentId, deploymentId, instanceId, teamId };
  const workflow = { definitionId, workflowId, webhookId, deliveryId };
  own = await makeOwn();
  ids = { tenantId, ...agent, ...workflow, taskId, otherTaskId: taskId, keyId, inviteCode, userId: member.userId };
});
afterAll(() => door.close());

async function makeOwn(): Promise<Record<string, string>> {
  const key = door.otherKey;
  const agentId = (await door.call('POST /v1/agents', { key, body: simulatedAgent })).body.id;
  const team = { name: 'x', members: [{ agentId, role: 'x' }] };
  const teamId = (await door.call('POST /v1/teams', { key, body: team })).body.id;
  const body = { agentId, input: { payload: {} } };
  const taskId = (await door.call('POST /v1/tasks', { key, body })).body.id;
  return { tenantId: 'current', agentId, taskId, teamId };
}

/** One that has been sent; nothing has happened here that it could tell of. */
async function addDelivery(webhookId: string): Promise<string> {
  const id = `whd_${'1'.repeat(26)}`;
  const about = { subject_id: 'x', seq: 1, event_type: 'task.completed', recipient: '' };
  const times = { next_attempt_at: null, give_up_at: 0, created_at: 0, finished_at: 0 };
  const state = { status: 'delivered' as const, attempts: 1, response_status: 200, claim: null };
  const row = { id, tenant_id: door.tenantId, endpoint_id: webhookId, ...about, ...state, ...times };
  await door.store.write(({ query }) => query.insertInto('deliveries').values(row).execute());
  return id;
}

/** A slot of a worker; this door has none. */
async function addInstance(agentId: string): Promise<string> {
  const id = `ins_${'1'.repeat(26)}`;
  const counts = { completed_tasks: 0, failed_tasks: 0, provider_errors: 0, restarts: 0 };
  const times = { started_at: Date.now(), heartbeat_at: Date.now(), finished_at: null };
  const slot = { agent_version: 1, generation: '', status: 'ready', worker_id: 'w', host: 'h', current_task_id: null };
  const row = { id, tenant_id: door.tenantId, agent_id: agentId, ...slot, ...counts, ...times };
  await door.store.write(({ query }) => query.insertInto('instances').values(row).execute());
  return id;
}

function paramsOf(route: string): string[] {
  return [...route.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
}

/** Every answered route with an id: all ids another tenant's; and where there are several, the first one's own. */
function attempts(): { route: string; foreign: Record<string, string>; missing: Record<string, string> }[] {
  return Object.keys(routes(door.services)).flatMap((route) => {
    const names = paramsOf(route).filter((name) => !(name in plain));
    if (names.length === 0 || open.includes(route)) return [];
    const missing = Object.fromEntries(names.map((name) => [name, absent(ids[name] ?? '')]));
    const theirs = { route, foreign: ids, missing: { ...missing, ...plain } };
    const [first = '', second] = names;
    if (second === undefined) return [theirs];
    const mine = { [first]: own[first] ?? '' };
    return [theirs, { route, foreign: { ...ids, ...mine }, missing: { ...missing, ...plain, ...mine } }];
  });
}

describe('another tenant’s ids', () => {
  it('have a row here for every route that takes one', () => {
    const named = new Set(Object.keys(routes(door.services)).flatMap(paramsOf));
    const unknown = [...named].filter((name) => !(name in plain) && !(name in ids));
    expect(unknown, 'make an id for each of these and put it into `ids`').toEqual([]);
    const expected = new Set([...Object.keys(ids), ...Object.keys(plain)]);
    expect([...named].filter((name) => !expected.has(name))).toEqual([]);
  });

  it('are answered like ids that do not exist, on every route that takes one', async () => {
    const before = await snapshot();
    for (const { route, foreign, missing } of attempts()) {
      const [method, path = ''] = route.split(' ');
      const fill = (values: Record<string, string>) =>
        path.replace(/:(\w+)/g, (_, name: string) => values[name] ?? plain[name] ?? '');
      const call = {
        key: door.otherKey,
        body: method === 'GET' || method === 'DELETE' ? undefined : (bodies[route] ?? {}),
      };
      const theirs = await door.call(`${method} /v1${fill(foreign)}`, call);
      const nobodys = await door.call(`${method} /v1${fill(missing)}`, call);
      expect([route, theirs.status]).toEqual([route, 404]);
      expect(withoutIds(theirs.body, foreign)).toEqual(withoutIds(nobodys.body, missing));
    }
    expect(attempts().length).toBeGreaterThan(40);
    expect(await snapshot()).toEqual(before);
    expect(door.errors).toEqual([]);
  });

  it('are answered like ids that do not exist inside bodies too, and nothing is changed', async () => {
    const task = (more: object) => ({ input: { payload: {} }, ...more });
    const steps = (step: object) => ({
      name: 'x',
      pattern: 'sequential',
      steps: [{ stepId: 'a', name: 'a', ...step }],
    });
    const within = (type: 'loop' | 'map', step: object) => ({
      type,
      steps: [{ stepId: 'b', name: 'b', ...step }],
      ...(type === 'loop' ? { until: 'true' } : { over: 'input.items' }),
    });
    const mine = own;
    const definitionId = (await door.call('POST /v1/workflow-definitions', { key: door.otherKey, body: waiting })).body
      .id;
    const requests: [route: string, body: (theirs: Record<string, string>) => object][] = [
      ['POST /tasks', ({ agentId }) => task({ agentId })],
      ['POST /tasks', ({ teamId }) => task({ teamId })],
      ['POST /tasks/batch', ({ agentId }) => ({ tasks: [task({ agentId: mine.agentId }), task({ agentId })] })],
      ['POST /tasks/batch', ({ teamId }) => ({ tasks: [task({ teamId })] })],
      ['POST /agents', ({ agentId }) => ({ ...simulatedAgent, members: [{ agentId, role: 'any' }] })],
      [`PATCH /agents/${mine.agentId}`, ({ agentId }) => ({ type: 'supervisor', members: [{ agentId, role: 'any' }] })],
      ['POST /teams', ({ agentId }) => ({ name: 'x', members: [{ agentId, role: 'any' }] })],
      [`POST /teams/${mine.teamId}/members`, ({ agentId }) => ({ agentId, role: 'any' })],
      ['POST /workflow-definitions', ({ agentId }) => steps({ agentId })],
      ['POST /workflow-definitions', ({ teamId }) => steps({ type: 'team', teamId })],
      [
        'POST /workflow-definitions',
        (theirs) => steps({ type: 'workflow', workflowDefinitionId: theirs.definitionId }),
      ],
      ['POST /workflow-definitions', ({ agentId }) => steps(within('loop', { agentId }))],
      ['POST /workflow-definitions', ({ agentId }) => steps(within('map', { agentId }))],
      ['POST /workflow-definitions/validate', ({ agentId }) => steps({ agentId })],
      [`PATCH /workflow-definitions/${definitionId}`, ({ agentId }) => ({ steps: steps({ agentId }).steps })],
      ['POST /workflows', (theirs) => ({ workflowDefinitionId: theirs.definitionId })],
    ];
    const missing = Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, absent(id)]));
    const before = await snapshot();
    for (const [route, body] of requests) {
      const path = route.replace(' ', ' /v1');
      const theirs = await door.call(path, { key: door.otherKey, body: body(ids) });
      const nobodys = await door.call(path, { key: door.otherKey, body: body(missing) });
      const isRefused = theirs.body.valid === false || [400, 404, 422].includes(theirs.status);
      expect([route, isRefused, theirs.body.code]).toEqual([route, true, nobodys.body.code]);
      expect([route, theirs.status, withoutIds(theirs.body, ids)]).toEqual([
        route,
        nobodys.status,
        withoutIds(nobodys.body, missing),
      ]);
    }
    expect(await snapshot()).toEqual(before);
    expect(door.errors).toEqual([]);
  });

  it('filter and page nothing into sight', async () => {
    const { agentId, taskId } = ids;
    const key = door.otherKey;
    const cursor = Buffer.from(`tsk_${'z'.repeat(26)}`).toString('base64url');
    for (const query of [`agentId=${agentId}`, `forkedFrom=${taskId}`, `cursor=${cursor}`, 'status=queued']) {
      const { status, body } = await door.call(`GET /v1/tasks?${query}`, { key });
      expect(status).toBe(200);
      expect(body.data.filter(({ id }: { id: string }) => id !== own.taskId)).toEqual([]);
    }
    const agents = (await door.call('GET /v1/agents', { key })).body.data;
    expect(agents.map(({ id }: { id: string }) => id)).toEqual([own.agentId]);
    const tenants = (await door.call(`GET /v1/tenants?cursor=${cursor}`, { key })).body.data;
    expect(tenants.map(({ id }: { id: string }) => id)).toEqual([door.otherTenantId]);
  });

  it('in headers or in places where no id belongs change nothing', async () => {
    const headers = { 'x-tenant-id': door.tenantId, 'x-forwarded-user': 'owner', 'x-original-url': '/v1/tenants' };
    const { body } = await door.call('GET /v1/whoami', { key: door.otherKey, headers });
    expect(body.tenantId).toBe(door.otherTenantId);
    for (const field of ['tenantId', 'id', 'status', 'createdAt', 'role']) {
      const forged = { ...simulatedAgent, [field]: door.tenantId };
      expect(await door.call('POST /v1/agents', { key: door.otherKey, body: forged })).toMatchObject({ status: 400 });
    }
  });
});

/** Of the same form, and of nothing. */
function absent(id: string): string {
  return /^[a-z]{3}_/.test(id) ? `${id.slice(0, 4)}${'0'.repeat(26)}` : 'A'.repeat(id.length);
}

function withoutIds(body: object, values: Record<string, string>): unknown {
  const text = JSON.stringify({ ...body, requestId: '' });
  return JSON.parse(Object.values(values).reduce((rest, id) => (id.length > 7 ? rest.replaceAll(id, '') : rest), text));
}

/** All that is kept. */
async function snapshot(): Promise<unknown> {
  const { query } = door.store;
  const tables = await query.introspection.getTables();
  return Promise.all(
    tables.map(async ({ name }) => [name, (await sql`SELECT * FROM ${sql.table(name)}`.execute(query)).rows]),
  );
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FrontDoor, openFrontDoor, simulatedAgent } from './front-door.test-rig.ts';

let door: FrontDoor;
beforeAll(async () => {
  door = await openFrontDoor();
});
afterAll(() => door.close());

const unauthorised = async (headers: Record<string, string>, path = '/v1/whoami') => {
  const { status, body } = await door.call(`GET ${path}`, { key: null, headers });
  const { requestId: _, ...rest } = body;
  return { status, body: rest };
};

describe('keys', () => {
  it('answers 401 with the same body whatever is wrong with the key', async () => {
    const key = door.apiKey;
    const flipped = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    const answers = await Promise.all([
      unauthorised({}),
      unauthorised({ authorization: '' }),
      unauthorised({ authorization: 'Bearer' }),
      unauthorised({ authorization: `Bearer ${key.slice(0, -1)}` }),
      unauthorised({ authorization: `Bearer ${flipped}` }),
      unauthorised({ authorization: `Basic ${Buffer.from(`:${key}`).toString('base64')}` }),
      unauthorised({ authorization: `Bearer ${key}, Bearer ${key}` }),
      unauthorised({}, `/v1/whoami?key=${key}&authorization=${key}`),
      unauthorised({ 'x-api-key': key }),
    ]);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ status: 401, body: { code: 'authentication.failed' } });
  });

  it('says who a key is, whatever other headers claim', async () => {
    const headers = { 'x-tenant-id': 'tnt_other', 'x-forwarded-user': 'root', 'x-original-url': '/v1/tools' };
    const { status, body } = await door.call('GET /v1/whoami', { headers });
    expect(status).toBe(200);
    expect(body).toMatchObject({ tenantId: door.tenantId, userId: null, role: 'owner' });
    expect(body.scopes).toContain('admin');
  });

  it('keeps keys as hashes alone', async () => {
    const rows = await door.store.query.selectFrom('api_keys').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(door.apiKey.slice(12));
    expect(rows[0]?.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('refuses a revoked key, an expired one, and a key without the scope', async () => {
    let now = Date.now();
    const own = await openFrontDoor({ now: () => now });
    const change = (row: object) =>
      own.store.write(({ query }) =>
        query.updateTable('api_keys').set(row).where('tenant_id', '=', own.tenantId).execute(),
      );
    expect((await own.call('GET /v1/whoami')).status).toBe(200);
    await change({ scopes: '["read"]' });
    now += 1_000;
    const refused = await own.call('POST /v1/agents', { body: simulatedAgent });
    expect(refused).toMatchObject({
      status: 403,
      body: { code: 'authorization.scope_missing', requiredScope: 'agents' },
    });
    await change({ scopes: '["read","agents"]', role: 'viewer' });
    now += 1_000;
    expect((await own.call('POST /v1/agents', { body: simulatedAgent })).status).toBe(403);
    await change({ expires_at: now });
    now += 1_000;
    expect((await own.call('GET /v1/whoami')).status).toBe(401);
    await change({ expires_at: null, revoked_at: now });
    now += 1_000;
    expect((await own.call('GET /v1/whoami')).status).toBe(401);
    await own.close();
  });
});

describe('bodies', () => {
  const post = (body: string, headers: Record<string, string> = {}) => door.call('POST /v1/agents', { body, headers });

  it.each([
    ['no JSON', 'agent', 400, 'request.malformed'],
    ['half a JSON', '{"name":', 400, 'request.malformed'],
    ['a text', '"agent"', 400, 'request.invalid'],
    ['a list', '[]', 400, 'request.invalid'],
    ['null', 'null', 400, 'request.invalid'],
    ['nothing', '', 400, 'request.invalid'],
    ['100,000 levels', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400, 'request.malformed'],
    ['levels that never close', '{"a":'.repeat(100_000), 400, 'request.malformed'],
    ['a number beyond a double', '{"metadata":{"n":1e400}}', 400, 'request.invalid'],
    ['half a surrogate pair', '{"name":"\\ud800"}', 400, 'request.invalid'],
    ['NUL', '{"name":"a\\u0000"}', 400, 'request.invalid'],
    ['a million', `{"name":"${'x'.repeat(1_048_577)}"}`, 413, 'request.too_large'],
    ['a member twice', '{"name":"x","metadata":{"a":{"b":1,"c":[{"b":2}],"b":3}}}', 400, 'request.malformed'],
    ['a member twice, once escaped', '{"name":"x","n\\u0061me":"y"}', 400, 'request.malformed'],
    ['a key named __proto__', '{"__proto__":{"name":"x"}}', 400, 'request.invalid'],
  ])('refuses %s', async (_title, body, status, code) => {
    expect(await post(body)).toMatchObject({ status, body: { status, code } });
  });

  it('refuses what is not declared as JSON, and what is compressed', async () => {
    const text = JSON.stringify(simulatedAgent);
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'nonsense',
    ]) {
      expect(await post(text, { 'content-type': type })).toMatchObject({ status: 415 });
    }
    expect(await post(text, { 'content-encoding': 'gzip' })).toMatchObject({ status: 415 });
    expect(await post(text, { 'content-type': 'Application/JSON; charset=utf-8' })).toMatchObject({ status: 201 });
  });

  it('cuts a body of unknown length at the limit', async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(0x20));
      },
    });
    const request = new Request('http://runctl.test/v1/agents', {
      method: 'POST',
      headers: { authorization: `Bearer ${door.apiKey}`, 'content-type': 'application/json' },
      body,
      duplex: 'half',
    } as RequestInit);
    expect((await door.app.fetch(request)).status).toBe(413);
    expect(sent).toBeLessThan(2_000_000);
  });

  it('names every wrong field by its JSON Pointer, unknown ones included', async () => {
    const { status, body } = await door.call('POST /v1/agents', {
      body: {
        ...simulatedAgent,
        name: 7,
        tenantId: 'tnt_other',
        tools: [
          'calculator',
          { name: 'x', description: 'x', inputSchema: {}, enabled: true, invokeUrl: 'https://x.test', a: 1 },
        ],
        limits: { maxSteps: 0 },
      },
    });
    expect(status).toBe(400);
    const paths = body.details.map(({ path }: { path: string }) => path);
    expect(paths.sort()).toEqual(['/limits/maxSteps', '/name', '/tenantId', '/tools/1/a']);
  });

  it('takes no field that is the runtime’s to set', async () => {
    for (const field of ['id', 'tenantId', 'status', 'version', 'createdAt', 'replicas']) {
      const { status, body } = await door.call('POST /v1/agents', { body: { ...simulatedAgent, [field]: 'x' } });
      expect([status, body.details[0].path]).toEqual([400, `/${field}`]);
    }
  });

  it('keeps data named __proto__ and constructor as data', async () => {
    const body = `{"name":"p","type":"reactive","modelProvider":"simulated","model":"echo","systemPrompt":"","metadata":{"__proto__":{"x":1},"constructor":2}}`;
    const { status, body: agent } = await door.call('POST /v1/agents', { body });
    expect(status).toBe(201);
    expect(JSON.stringify(agent.metadata)).toBe('{"__proto__":{"x":1},"constructor":2}');
    expect(({} as { x?: number }).x).toBeUndefined();
  });
});

describe('paths, methods and queries', () => {
  it.each([
    '/v1/agents/%zz',
    '/v1/agents/%c0%af',
    '/v1/agents/%00',
    '/v1/agents/..%2f..%2fetc',
    '/v1/agents/agt_invalid',
    '/v1/tasks/x/steps/-1',
    '/v1/tasks/x/steps/1e3',
    '/v1//agents',
    '/v2/agents',
    '/agents',
    '/v1/agents/',
    '/v1/nothing',
    `/v1/agents/${'x'.repeat(5_000)}`,
  ])('answers %s with a problem', async (path) => {
    const { status, headers, body } = await door.call(`GET ${path}`);
    expect([400, 404]).toContain(status);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(body.requestId).toBe(headers.get('x-request-id'));
  });

  it('tells which methods a route takes', async () => {
    const { status, headers, body } = await door.call('PUT /v1/agents');
    expect([status, headers.get('allow'), body.code]).toEqual([405, 'POST, GET, HEAD', 'route.method_not_allowed']);
    expect((await door.call('OPTIONS /v1/agents')).headers.get('access-control-allow-origin')).toBeNull();
    expect((await door.call('POST /v1/whoami', { headers: { 'x-http-method-override': 'GET' } })).status).toBe(405);
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'limit=1&limit=2',
    'page=-1',
    'page=1&cursor=abc',
    'cursor=abc',
    'cursor=',
    `cursor=${Buffer.from("agt_' OR 1=1").toString('base64url')}`,
    'status=flying',
    'type=reactive&type=router',
    'label=x',
    'label[a]=1&label=2',
    'label[__proto__]=1',
    'unknown=1',
    'tenantId=tnt_1',
  ])('refuses the query %s', async (query) => {
    expect(await door.call(`GET /v1/agents?${query}`)).toMatchObject({ status: 400 });
  });

  it('refuses 3,000 parameters, also of one name', async () => {
    for (const name of ['status', undefined]) {
      const query = Array.from({ length: 3_000 }, (_, at) => `${name ?? `p${at}`}=running`).join('&');
      expect(await door.call(`GET /v1/agents?${query}`)).toMatchObject({ status: 400 });
    }
  });

  it('refuses dates that are none and waits that are too long', async () => {
    for (const query of ['fromDate=yesterday', 'toDate=2026-13-01T00:00:00Z']) {
      expect(await door.call(`GET /v1/tasks?${query}`)).toMatchObject({ status: 400 });
    }
    expect(await door.call('GET /v1/tasks/tsk_x?wait=3600')).toMatchObject({
      status: 400,
      body: { details: [{ path: 'wait' }] },
    });
  });
});

describe('every answer', () => {
  it('carries the security headers and a request id, and no banner', async () => {
    for (const route of [
      'GET /v1/whoami',
      'GET /v1/nothing',
      'GET /healthz',
      'PUT /v1/agents',
      'GET /v1/agents?limit=x',
    ]) {
      const { headers } = await door.call(route);
      expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-z]{26}$/);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('x-powered-by') ?? headers.get('server')).toBeNull();
    }
  });

  it('shows nothing of an unforeseen error but its request id, and tells the log', async () => {
    const own = await openFrontDoor({
      tools: {
        describe: () => {
          throw new TypeError('SELECT secret FROM /etc/passwd');
        },
        check: () => [],
      },
    });
    const { status, body } = await own.call('GET /v1/tools');
    expect([status, body.code, body.retryable]).toEqual([500, 'internal.error', true]);
    expect(JSON.stringify(body)).not.toMatch(/secret|passwd|TypeError|at /);
    expect(own.errors).toEqual([expect.any(TypeError)]);
    await own.close();
  });
});

describe('health', () => {
  it('is alive without the database and ready with it', async () => {
    let isDown = false;
    const store = new Proxy(door.store, {
      get: (target, name) => {
        if (isDown && name === 'query') throw new TypeError('connection refused');
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    const own = await openFrontDoor({ store });
    expect(await own.call('GET /healthz', { key: null })).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await own.call('GET /readyz', { key: null })).toMatchObject({ status: 200, body: { status: 'ready' } });
    isDown = true;
    expect(await own.call('GET /healthz', { key: null })).toMatchObject({ status: 200 });
    const { status, headers, body } = await own.call('GET /readyz', { key: null });
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'store.unavailable', '1']);
    expect(JSON.stringify(body)).not.toContain('refused');
    await own.close();
  });
});

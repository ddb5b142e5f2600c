import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonObject, JsonValue } from '@runctl/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findMisfits } from '../../schema/json-schema.ts';
import { failureKinds } from '../../services/failure-kinds.ts';
import { type FrontDoor, openFrontDoor, simulatedAgent } from '../front-door.test-rig.ts';
import { routes } from '../routes.ts';

interface Operation {
  operationId: string;
  summary: string;
  security: object[];
  parameters?: { name?: string; in?: string; $ref?: string; schema: JsonObject; style?: string }[];
  requestBody?: { required: boolean; content: Record<string, { schema: JsonObject }> };
  responses: Record<string, { content?: Record<string, { schema: JsonObject; itemSchema?: JsonObject }> }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: JsonObject;
}

let door: FrontDoor;
let api: Document;
beforeAll(async () => {
  door = await openFrontDoor();
  api = (await door.call('GET /v1/openapi.json', { key: null })).body;
});
afterAll(() => door.close());

const operations = () =>
  Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path.replace('/v1', '').replace(/\{(\w+)\}/g, ':$1')}`,
      operation,
    })),
  );
const misfits = (value: JsonValue, schema: JsonObject | undefined) =>
  findMisfits(value, { ...schema, components: api.components });

/** Routes that stand as texts in the sources of the client's packages. */
function routesIn(folder: 'contract' | 'client'): string[] {
  const packages = fileURLToPath(new URL('../../../../', import.meta.url));
  const found = ['agents', 'tasks', 'workflows', 'teams', 'tenants'].flatMap((name) => {
    const source = join(packages, name, 'src');
    return readdirSync(source, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.includes('.test'))
      .filter((file) => file.includes('contract') === (folder === 'contract'))
      .flatMap((file) => routesOf(readFileSync(join(source, file), 'utf8')));
  });
  return [...new Set(found)].sort();
}

function routesOf(text: string): string[] {
  const written = (text.match(/'(GET|POST|PUT|PATCH|DELETE) \/[^']*'/g) ?? []).map((each) => each.slice(1, -1));
  // One helper of core makes three methods: the list, its stream and the stream's tokens.
  const events = [...text.matchAll(/eventsOf\(transport, \{ route: 'GET ([^']+)'/g)].map(([, path]) => path);
  return [...written, ...events.flatMap((path) => [`GET ${path}/stream`, `POST ${path}/stream-tokens`])];
}

describe('the routes', () => {
  it('are the same in the contract, the SDK, the handlers and the description', () => {
    const contract = routesIn('contract');
    expect(contract.length).toBeGreaterThan(100);
    expect(routesIn('client')).toEqual(contract);
    expect(Object.keys(routes(door.services)).sort()).toEqual(contract);
    expect(
      operations()
        .map(({ route }) => route)
        .sort(),
    ).toEqual(contract);
  });

  it('each have a name of their own, words, and every parameter of their path', () => {
    const names = operations().map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const { route, operation } of operations()) {
      expect(operation.summary, route).toMatch(/\w/);
      const inPath = (operation.parameters ?? []).filter((each) => each.in === 'path').map(({ name }) => `:${name}`);
      expect(inPath, route).toEqual(route.match(/:\w+/g) ?? []);
    }
  });
});

describe('the description of the API', () => {
  it('is OpenAPI 3.1, and every reference in it leads somewhere', () => {
    expect(api.openapi).toMatch(/^3\.1\./);
    const references = new Set(JSON.stringify(api).match(/"\$ref":"[^"]+"/g));
    expect(references.size).toBeGreaterThan(100);
    for (const text of references) {
      const path = text.slice(9, -1).split('/').slice(1);
      const found = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], api);
      expect(found, text).toBeDefined();
    }
  });

  it('says of bodies exactly what the handlers check', async () => {
    const { requestBody } = api.paths['/v1/agents']?.post ?? {};
    const schema = requestBody?.content['application/json']?.schema;
    expect(requestBody?.required).toBe(true);
    expect(misfits(simulatedAgent, schema)).toEqual([]);
    const wrong: JsonObject[] = [
      { ...simulatedAgent, name: '' },
      { ...simulatedAgent, tenantId: 'x' },
      { ...simulatedAgent, limits: { maxSteps: 0 } },
      { ...simulatedAgent, metadata: [] },
      { ...simulatedAgent, labels: { a: 1 } },
      { name: 'x' },
    ];
    for (const body of wrong) {
      expect(misfits(body, schema), JSON.stringify(body)).not.toEqual([]);
      expect((await door.call('POST /v1/agents', { body })).status).toBe(400);
    }
    expect(api.paths['/v1/agents/{agentId}/deploy']?.post?.requestBody?.required).toBe(false);
  });

  it('has the words of the contract beside what is checked', () => {
    const input = (api.components.schemas as Record<string, { properties: Record<string, JsonObject> }>)
      .CreateAgentInput;
    expect(input?.properties.name).toEqual({
      type: 'string',
      minLength: 1,
      maxLength: 200,
      description: expect.stringContaining('Shown to people'),
    });
  });

  it('says of queries what they are once they are read', () => {
    const parameters = api.paths['/v1/agents']?.get?.parameters ?? [];
    const named = new Map(parameters.map((each) => [each.name, each]));
    expect(named.get('limit')?.schema).toMatchObject({ type: 'integer', minimum: 1, maximum: 100 });
    expect(named.get('status')?.schema).toMatchObject({ type: 'array', items: { enum: expect.anything() } });
    expect(named.get('label')).toMatchObject({ style: 'deepObject', schema: { type: 'object' } });
  });

  it('says of answers what really comes', async () => {
    const created = await door.call('POST /v1/agents', { body: { ...simulatedAgent, labels: { a: 'b' } } });
    const task = await door.call('POST /v1/tasks', { body: { agentId: created.body.id, input: { payload: {} } } });
    const seen: [string, string, JsonValue][] = [
      ['/v1/agents', 'post', created.body],
      ['/v1/tasks', 'post', task.body],
      ['/v1/agents', 'get', (await door.call('GET /v1/agents')).body],
      ['/v1/tasks', 'get', (await door.call('GET /v1/tasks')).body],
      ['/v1/whoami', 'get', (await door.call('GET /v1/whoami')).body],
      ['/v1/tasks/{taskId}/trace', 'get', (await door.call(`GET /v1/tasks/${task.body.id}/trace`)).body],
    ];
    for (const [path, method, body] of seen) {
      const { responses } = api.paths[path]?.[method] ?? {};
      const schema = (responses?.['201'] ?? responses?.['200'])?.content?.['application/json']?.schema;
      expect(schema, path).toBeDefined();
      expect(misfits(body, schema), path).toEqual([]);
    }
  });

  it('says of errors what really comes, and names every code', async () => {
    const problem = (api.components.schemas as Record<string, JsonObject>).Problem;
    expect(problem).toMatchObject({ properties: { code: { enum: Object.keys(failureKinds) } } });
    for (const route of ['GET /v1/agents/agt_none', 'GET /v1/agents?limit=0', 'GET /v1/nothing', 'PUT /v1/agents']) {
      expect(misfits((await door.call(route)).body, problem), route).toEqual([]);
    }
  });

  it('says who may call what', () => {
    expect(api.paths['/v1/agents']?.post?.security).toEqual([{ apiKey: [] }]);
    expect(JSON.stringify(api.paths['/v1/agents']?.post)).toContain('scope `agents`');
  });

  it('needs no key, tells no secret, and is not sent again to who has it', async () => {
    const { status, headers } = await door.call('GET /v1/openapi.json', { key: null });
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json']);
    const etag = headers.get('etag') ?? '';
    const again = await door.call('GET /v1/openapi.json', { key: null, headers: { 'if-none-match': etag } });
    expect([again.status, again.body]).toEqual([304, undefined]);
    expect(JSON.stringify(api)).not.toContain(door.apiKey);
  });
});

describe('the page that shows it', () => {
  it('runs its own script alone, and nobody else is asked for anything', async () => {
    const response = await door.app.fetch(new Request('http://runctl.test/v1/docs'));
    const page = await response.text();
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    for (const [tag, directive] of [
      ['script', 'script-src'],
      ['style', 'style-src'],
    ]) {
      const [, text = ''] = new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(page) ?? [];
      const hash = createHash('sha256').update(text).digest('base64');
      expect(policy).toContain(`${directive} 'sha256-${hash}'`);
    }
    expect(page).not.toMatch(/https?:|src=|@import|url\(|innerHTML| on\w+=/);
  });

  it('is named to who opens the address that the runtime printed, or misses a route', async () => {
    const front = await door.app.fetch(new Request('http://runctl.test/'));
    expect([front.status, front.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await front.text()).toContain('<a href="v1/docs">/v1/docs</a>');
    for (const path of ['/v1/taks', '/tasks']) {
      const { status, body } = await door.call(`GET ${path}`);
      expect([status, body.hint]).toEqual([404, expect.stringMatching(/look the route up at \/v1\/docs\.$/i)]);
      expect(/start with/.test(body.hint)).toBe(path === '/tasks');
    }
  });
});

/// <reference types="node" />
import { inspect } from 'node:util';
import { type ScriptedServer, type Step, startScriptedServer } from '@runctl/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createClient } from './client.ts';
import { RunctlApiError, RunctlNotFoundError, RunctlValidationError } from './errors/api-error.ts';
import { RunctlConfigError } from './errors/config-error.ts';
import { RunctlError } from './errors/runctl-error.ts';
import type { ClientOptions } from './options/client-options.ts';
import type { Middleware, Operation } from './options/middleware.ts';
import { responseMeta } from './transport/response-meta.ts';
import type { Transport } from './transport/transport.ts';

const SECRET = 'rctl_secretsecretsecret';
const servers: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

class Agents {
  readonly #transport: Transport;
  constructor(transport: Transport) {
    this.#transport = transport;
  }
  getById(agentId: string): Promise<{ id: string }> {
    return this.#transport.request({ route: 'GET /agents/:agentId', params: { agentId } });
  }
}
const agents = (transport: Transport) => new Agents(transport);

async function start(options: Partial<ClientOptions>, ...steps: [Step, ...Step[]]) {
  const server = await startScriptedServer(...steps);
  servers.push(server);
  const client = createClient({ apiKey: SECRET, baseUrl: server.url, resources: { agents }, ...options });
  return { client, server };
}

const ok: Step = { body: { id: 'agt_1' } };
const busy: Step = { status: 503, headers: { 'retry-after': '0' } };

describe('createClient', () => {
  it('has the resources that are named, each a function of the transport', async () => {
    const { client, server } = await start({}, ok);
    await expect(client.agents.getById('agt_1')).resolves.toEqual({ id: 'agt_1' });
    expect(server.requests[0]).toMatchObject({ method: 'GET', url: '/v1/agents/agt_1' });
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${SECRET}`,
      accept: 'application/json',
    });
  });

  it('refuses a resource under a name that the client has', () => {
    expect(() => createClient({ apiKey: 'x', resources: { fetch: agents } })).toThrow(RunctlConfigError);
  });

  it('sends a body as JSON, and the version of `ifMatch` as a tag', async () => {
    const { client, server } = await start({}, ok);
    await client.request(
      { route: 'PATCH /agents/:agentId', params: { agentId: 'a' }, body: { name: 'ü' } },
      { ifMatch: 7 },
    );
    expect(server.requests[0]).toMatchObject({ body: '{"name":"ü"}' });
    expect(server.requests[0]?.headers).toMatchObject({ 'content-type': 'application/json', 'if-match': '"7"' });
  });

  it('withOptions gives the same client with other options, its resources and its key', async () => {
    const { client, server } = await start({ retries: 0 }, busy, busy, ok);
    const patient = client.withOptions({ retries: 2, headers: { 'x-a': '1' } });
    await expect(patient.agents.getById('agt_1')).resolves.toEqual({ id: 'agt_1' });
    expect(server.requests[2]?.headers).toMatchObject({ authorization: `Bearer ${SECRET}`, 'x-a': '1' });
    expect(() => client.withOptions({ retries: -1 })).toThrow(RunctlConfigError);
  });
});

describe('client.fetch', () => {
  it('reaches what has no method, with the client’s credential and retries', async () => {
    const { client, server } = await start({}, busy, { headers: { 'x-request-id': 'req_9' }, body: 'hello' });
    const response = await client.fetch('/new/thing?x=1', { method: 'post', body: 'raw', headers: { 'x-a': '1' } });
    expect(response).toBeInstanceOf(Response);
    await expect(response.text()).resolves.toBe('hello');
    expect(response.headers.get('x-request-id')).toBe('req_9');
    expect(responseMeta(response)?.attempts).toBe(2);
    const [first, second] = server.requests;
    expect(first).toMatchObject({ method: 'POST', url: '/v1/new/thing?x=1', body: 'raw' });
    expect(first?.headers['idempotency-key']).toBe(second?.headers['idempotency-key']);
    expect(first?.headers).toMatchObject({ authorization: `Bearer ${SECRET}`, 'x-a': '1' });
  });

  it('rejects anything but success, as a method does, and resolves with an empty answer', async () => {
    const { client } = await start({}, { status: 404 }, { status: 204 });
    await expect(client.fetch('gone')).rejects.toBeInstanceOf(RunctlNotFoundError);
    await expect(client.fetch('gone')).resolves.toMatchObject({ status: 204, body: null });
  });

  it.each(['/../admin', '/a/../../admin', '/%2e%2e/admin', '\\..\\..\\admin'])(
    'stays below baseUrl: %s',
    async (path) => {
      const { client, server } = await start({}, ok);
      await expect(client.fetch(path)).rejects.toBeInstanceOf(RunctlValidationError);
      expect(server.requests).toHaveLength(0);
    },
  );

  it.each(['//evil.example/x', 'https://evil.example/x', '@evil.example', ':80/x'])(
    'sends %s to its own server',
    async (path) => {
      const { client, server } = await start({}, ok);
      await client.fetch(path);
      expect(server.requests[0]?.url).toMatch(/^\/v1\//);
    },
  );

  it('refuses a body that can be sent only once', async () => {
    const { client } = await start({}, ok);
    const body = new Response('x').body;
    await expect(client.fetch('/x', { method: 'POST', body })).rejects.toThrow('`body`');
    await expect(client.fetch('/x', { body: 'x' })).rejects.toThrow('`body`');
    await expect(client.fetch('/x', { method: 'TRACE' })).rejects.toThrow('`method`');
  });
});

describe('middleware', () => {
  it('wraps every attempt, outermost first, and knows which call it is', async () => {
    const order: string[] = [];
    const operations: Operation[] = [];
    const note =
      (name: string): Middleware =>
      async (request, next, operation) => {
        order.push(`${name} in`);
        operations.push(operation);
        const response = await next(request);
        order.push(`${name} out`);
        return response;
      };
    const { client, server } = await start({ middleware: [note('a'), note('b')] }, busy, ok);
    await client.request({ route: 'POST /agents', body: { name: 'x' } });
    expect(order).toEqual(['a in', 'b in', 'b out', 'a out', 'a in', 'b in', 'b out', 'a out']);
    expect(operations[0]).toMatchObject({ route: 'POST /agents', attempt: 1 });
    expect(operations[2]).toMatchObject({ attempt: 2, idempotencyKey: operations[0]?.idempotencyKey });
    expect(server.requests.map(({ body }) => body)).toEqual(['{"name":"x"}', '{"name":"x"}']);
  });

  it('may change the request, and may answer by itself', async () => {
    const traced: Middleware = (request, next) => {
      const headers = new Headers(request.headers);
      headers.set('traceparent', '00-1');
      return next(new Request(request, { headers }));
    };
    const { client, server } = await start({ middleware: [traced] }, ok);
    await client.agents.getById('agt_1');
    expect(server.requests[0]?.headers.traceparent).toBe('00-1');
    const answered = client.withOptions({ middleware: [async () => new Response('{"id":"cached"}')] });
    await expect(answered.agents.getById('agt_1')).resolves.toEqual({ id: 'cached' });
    expect(server.requests).toHaveLength(1);
  });

  it('S77: that fails by itself ends the call with its own error, and nothing is sent again', async () => {
    const bug = new TypeError('bug');
    const { client, server } = await start({ middleware: [() => Promise.reject(bug)] }, ok);
    await expect(client.agents.getById('agt_1')).rejects.toBe(bug);
    expect(server.requests).toHaveLength(0);
  });
});

describe('the logger', () => {
  it('S20: is told what its level asks for, and never a secret', async () => {
    const lines: string[] = [];
    const write = (message: string, fields?: object) => lines.push(`${message} ${inspect(fields, { depth: 9 })}`);
    const logger = { error: write, warn: write, info: write, debug: write };
    const headers = { 'x-tenant-secret': 'hush' };
    const { client } = await start({ logger, logLevel: 'debug', headers }, busy, {
      headers: { 'set-cookie': 'hush', 'x-request-id': 'req_1' },
      body: { id: 'x', token: 'hush' },
    });
    await client.request({ route: 'POST /agents', body: { password: 'hush' } });
    const text = lines.join('\n');
    expect(text).toContain('POST /agents answered');
    expect(text).toContain("'x-request-id': 'req_1'");
    expect(text).toContain("'x-tenant-secret': '***'");
    expect(text).toContain('will be sent again');
    expect(text).not.toContain('hush');
    expect(text).not.toContain(SECRET);
    const before = lines.length;
    await client.withOptions({ logLevel: 'warn' }).agents.getById('agt_1');
    expect(lines).toHaveLength(before);
  });

  it('that throws ends no call', async () => {
    const fail = () => {
      throw new TypeError('disk full');
    };
    const logger = { error: fail, warn: fail, info: fail, debug: fail };
    const { client } = await start({ logger, logLevel: 'debug' }, ok);
    await expect(client.agents.getById('agt_1')).resolves.toEqual({ id: 'agt_1' });
  });
});

describe('two copies of core', () => {
  it('S101: know each other’s errors', async () => {
    vi.resetModules();
    const copy = await import('./errors/api-error.ts');
    const foreign = new copy.RunctlNotFoundError('gone', { code: 'x.y', status: 404 });
    expect(copy.RunctlNotFoundError).not.toBe(RunctlNotFoundError);
    expect(foreign).toBeInstanceOf(RunctlNotFoundError);
    expect(foreign).toBeInstanceOf(RunctlApiError);
    expect(foreign instanceof RunctlValidationError).toBe(false);
  });

  it('leave classes of the user’s own to their prototype', () => {
    class OwnError extends RunctlError {}
    const own = new OwnError('x', { code: 'x' });
    expect(own).toBeInstanceOf(OwnError);
    expect(own).toBeInstanceOf(RunctlError);
    expect(new RunctlError('x', { code: 'x' }) instanceof OwnError).toBe(false);
    expect([{}, null, 'x'].some((value) => value instanceof RunctlError)).toBe(false);
  });
});

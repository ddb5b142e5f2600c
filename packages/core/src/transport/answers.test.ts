/// <reference types="node" />
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type ScriptedServer, type Step, startScriptedServer } from '@runctl/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { BaseClient } from '../base-client.ts';
import {
  RunctlApiError,
  RunctlAuthenticationError,
  RunctlAuthorizationError,
  RunctlConflictError,
  RunctlNotFoundError,
  RunctlQuotaExceededError,
  RunctlRateLimitError,
  RunctlServerError,
  RunctlValidationError,
} from '../errors/api-error.ts';
import { RunctlDecodeError } from '../errors/decode-error.ts';
import { isControllerBusy } from '../errors/is-controller-busy.ts';
import { isRetryableError } from '../errors/is-retryable-error.ts';
import { RunctlNetworkError } from '../errors/network-error.ts';
import { RunctlError } from '../errors/runctl-error.ts';
import type { ClientOptions } from '../options/client-options.ts';
import { responseMeta } from './response-meta.ts';
import type { TransportRequest } from './transport.ts';

const SECRET = 'rctl_secretsecretsecret';
const servers: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const get: TransportRequest = { route: 'GET /agents/:agentId', params: { agentId: 'agt_1' } };
const json = { 'content-type': 'application/json' };

/** What one call to a server that answers by this step gives: its value or its error. */
async function ask(step: Step, request = get, options: Partial<ClientOptions> = {}): Promise<unknown> {
  const server = await startScriptedServer(step);
  servers.push(server);
  const client = new BaseClient({ apiKey: SECRET, baseUrl: server.url, retries: 0, ...options });
  return client.request(request).catch((error: unknown) => error);
}

describe('answers of success that are none', () => {
  it('S39: a page instead of JSON is shown by its first 200 characters', async () => {
    const html = `<html><title>Sign in</title>${'x'.repeat(10_000)}</html>`;
    const error = await ask({ headers: { 'content-type': 'text/html' }, body: html }, get, { retries: 3 });
    expect(error).toBeInstanceOf(RunctlDecodeError);
    expect(error).toMatchObject({ code: 'response.invalid', status: 200, attempts: 1, retryable: false });
    expect((error as Error).message).toContain('text/html');
    expect((error as Error).message).toContain('<title>Sign in</title>');
    expect((error as Error).message.length).toBeLessThan(400);
  });

  it.each([{ status: 200, body: '' }, { status: 204 }])(
    'S40: nothing is no entity, but fits a deletion (%#)',
    async (step) => {
      expect(await ask(step)).toBeInstanceOf(RunctlDecodeError);
      expect(await ask(step, { route: 'DELETE /agents/:agentId', params: { agentId: 'a' } })).toBeUndefined();
    },
  );

  it.each(['null', '"x"', '1', 'true', '{"error":{"message":"no"}}', '{"pagination":{}}'])(
    'S42, S53: %s is no entity',
    async (body) => {
      expect(await ask({ headers: json, body })).toBeInstanceOf(RunctlDecodeError);
    },
  );

  it('S42: a route that says what it answers with gets nothing else', async () => {
    const cases: [TransportRequest['answer'], string, boolean][] = [
      ['entity', '{}', true],
      ['entity', '[]', false],
      ['list', '[]', true],
      ['list', '{}', false],
      ['page', '{"data":[]}', true],
      ['page', '{}', false],
      ['page', '{"data":{}}', false],
    ];
    for (const [answer = 'entity', body, fits] of cases) {
      const result = await ask({ headers: json, body }, { ...get, answer });
      expect(result instanceof RunctlDecodeError, `${answer} ${body}`).toBe(!fits);
    }
  });

  it('S46, S47, S49: unknown fields, odd keys, a BOM, bad UTF-8 and a missing type are read', async () => {
    const body = Buffer.concat([
      Buffer.from('\ufeff{"id":"a","__proto__":{"x":1},"more":"'),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]);
    const value = (await ask({ body })) as Record<string, unknown>;
    expect(value.more).toBe('\ufffd');
    expect(Object.keys(value)).toEqual(['id', '__proto__', 'more']);
    expect(({} as { x?: number }).x).toBeUndefined();
    expect(await ask({ headers: { 'content-type': 'application/vnd.x+json' }, body: '{"a":1}' })).toEqual({ a: 1 });
  });

  it('S48: deep, huge and repeated values settle', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    expect(await ask({ headers: json, body: deep }, { ...get, answer: 'list' })).toBeInstanceOf(Array);
    expect(await ask({ headers: json, body: '{"a":1,"a":1e400}' })).toEqual({ a: Number.POSITIVE_INFINITY });
  });

  it('S50: a gzip bomb and an endless body end at 64 MiB, and are asked for once', async () => {
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024, 0x20));
    const error = await ask({ headers: { ...json, 'content-encoding': 'gzip' }, body: bomb }, get, { retries: 3 });
    expect(error).toBeInstanceOf(RunctlDecodeError);
    expect((error as Error).message).toContain('67108864');
    expect(error).toMatchObject({ attempts: 1 });
    const endless = await ask(({ response }) => {
      const chunk = Buffer.alloc(1024 * 1024, 0x20);
      const write = () => {
        while (response.write(chunk));
        response.once('drain', write);
      };
      write();
    });
    expect(endless).toBeInstanceOf(RunctlDecodeError);
  });

  it('S51: broken gzip and a garbage status line are network errors', async () => {
    const broken = await ask({ headers: { ...json, 'content-encoding': 'gzip' }, body: 'no gzip' });
    expect(broken).toBeInstanceOf(RunctlNetworkError);
    const garbage = await ask(({ socket }) => socket.end('HTTP/9.9 what\r\n\r\n'));
    expect(garbage).toBeInstanceOf(RunctlNetworkError);
    expect((garbage as RunctlNetworkError).causeCode).toBeDefined();
  });
});

describe('errors that the server reports', () => {
  it.each([
    [400, RunctlValidationError],
    [401, RunctlAuthenticationError],
    [402, RunctlQuotaExceededError],
    [403, RunctlAuthorizationError],
    [404, RunctlNotFoundError],
    [409, RunctlConflictError],
    [410, RunctlNotFoundError],
    [412, RunctlConflictError],
    [413, RunctlValidationError],
    [415, RunctlValidationError],
    [418, RunctlApiError],
    [422, RunctlValidationError],
    [429, RunctlRateLimitError],
    [500, RunctlServerError],
    [501, RunctlServerError],
    [599, RunctlServerError],
  ])('a %d is its class, by name and by instanceof', async (status, ErrorClass) => {
    const error = await ask({ status });
    expect(error).toBeInstanceOf(ErrorClass);
    expect(error).toBeInstanceOf(RunctlApiError);
    expect(error).toBeInstanceOf(RunctlError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: ErrorClass.errorName, status, code: `http.${status}`, details: [] });
    expect(error instanceof RunctlDecodeError).toBe(false);
  });

  it('S45: problem details are read whole', async () => {
    const problem = {
      type: 'about:blank',
      title: 'Not found',
      status: 404,
      detail: 'No agent agt_1.',
      code: 'agent.not_found',
      requestId: 'req_1',
      retryable: false,
      resource: 'agent',
      resourceId: 'agt_1',
      hint: 'List the agents.',
      details: [{ path: '/id', code: 'unknown', message: 'is unknown' }],
    };
    const error = await ask({ status: 404, headers: { 'content-type': 'application/problem+json' }, body: problem });
    expect(error).toMatchObject({
      message: 'GET /agents/agt_1: 404 No agent agt_1.',
      code: 'agent.not_found',
      requestId: 'req_1',
      resource: 'agent',
      resourceId: 'agt_1',
      hint: 'List the agents.',
      details: problem.details,
      request: { method: 'GET', path: '/agents/agt_1' },
    });
  });

  it('402, 403 and 429 have members of their own', async () => {
    const quota = {
      code: 'quota.exceeded',
      resource: 'agents',
      limit: 5,
      used: 5,
      resetsAt: '2026-12-01T00:00:00.000Z',
    };
    expect(await ask({ status: 402, body: quota })).toMatchObject(quota);
    expect(await ask({ status: 403, body: { requiredScope: 'agents:write' } })).toMatchObject({
      requiredScope: 'agents:write',
    });
    expect(await ask({ status: 429 })).toMatchObject({ retryAfter: 0, retryable: true });
    const busy = await ask({ status: 409, body: { code: 'controller.busy', retryable: true } });
    expect([
      isControllerBusy(busy),
      isRetryableError(busy),
      isControllerBusy(new Error('x')),
      isRetryableError(null),
    ]).toEqual([true, true, false, false]);
  });

  it.each([
    ['"just text"', 'just text'],
    ['plain text', 'plain text'],
    ['<html><title> Bad\n gateway </title><body>x</body></html>', 'Bad gateway'],
    ['<h1>Oops</h1><script>x()</script><p>again', 'Oops again'],
    ['["first", {"message":"second"}]', 'first'],
    ['{"error":"short"}', 'short'],
    ['{"error":{"message":"inner","code":"x.y"}}', 'inner'],
    ['{"message":{"message":"nested"}}', 'nested'],
    ['{"errors":[{"field":"name","message":"is missing"}]}', 'is missing'],
    ['7', '7'],
    ['', 'Bad Request'],
  ])('S45: %s reads as %j', async (body, message) => {
    const error = (await ask({ status: 400, body })) as RunctlApiError;
    expect(error.message).toBe(`GET /agents/agt_1: 400 ${message}`);
  });

  it('S44: 5 MB of text are cut to 2 kB, and endless text ends', async () => {
    const error = (await ask({ status: 500, body: `<p>${'x'.repeat(5_000_000)}` })) as RunctlApiError;
    expect(error).toBeInstanceOf(RunctlServerError);
    expect(error.message.length).toBeLessThan(2_100);
    const details = Array.from({ length: 500 }, (_, index) => ({ path: `/${index}`, message: 'm' }));
    expect(((await ask({ status: 422, body: { details } })) as RunctlApiError).details).toHaveLength(100);
  });

  it('S21, S54: an echoed key is replaced, and a request id is the first and bounded', async () => {
    const error = (await ask({
      status: 401,
      headers: { 'x-request-id': ['req_a', 'req_b'] },
      body: { detail: `Unknown key ${SECRET}`, hint: SECRET, details: [{ path: SECRET, message: SECRET }] },
    })) as RunctlApiError;
    expect(error.message).toContain('Unknown key ***');
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(SECRET);
    expect(error.requestId).toBe('req_a');
    const long = (await ask({ status: 400, headers: { 'x-request-id': 'r'.repeat(10_000) } })) as RunctlApiError;
    expect(long.requestId).toHaveLength(200);
    expect(((await ask({ status: 400 })) as RunctlApiError).requestId).toBeUndefined();
  });

  it.each([301, 302, 303, 307, 308])('S80: a %d is not followed; the error names where it leads', async (status) => {
    const error = await ask({ status, headers: { location: 'https://evil.example/v1/steal?x=1' } });
    expect(error).toMatchObject({ status, attempts: 1 });
    expect((error as Error).message).toContain('https://evil.example:');
  });

  it('S81: a redirect to itself or to no address is an error too', async () => {
    expect(await ask({ status: 302, headers: { location: '/v1/agents/agt_1' } })).toBeInstanceOf(RunctlApiError);
    expect(await ask({ status: 302, headers: { location: 'data:text/plain,x' } })).toBeInstanceOf(RunctlApiError);
    expect(await ask({ status: 304 })).toMatchObject({ code: 'http.304' });
  });

  it('S103: has a JSON form that is safe to log, and survives a structured clone', async () => {
    const error = (await ask({ status: 404, body: { code: 'agent.not_found', detail: 'No.' } })) as RunctlApiError;
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'RunctlNotFoundError',
      message: 'GET /agents/agt_1: 404 No.',
      code: 'agent.not_found',
      retryable: false,
      attempts: 1,
      request: { method: 'GET', path: '/agents/agt_1' },
      retryBudgetExhausted: false,
      status: 404,
      details: [],
      resource: 'unknown',
    });
    expect(structuredClone(error).message).toBe(error.message);
  });
});

describe('a `fetch` of the caller’s', () => {
  const askBy = (fetch: unknown) => ask({ body: {} }, get, { fetch: fetch as typeof globalThis.fetch });

  it('S107: that throws a string, or returns no Response, fails with a typed error', async () => {
    const threw = await askBy(() => {
      throw `no ${SECRET}`;
    });
    expect(threw).toBeInstanceOf(RunctlNetworkError);
    expect(inspect(threw)).not.toContain(SECRET);
    for (const value of [undefined, null, 1, {}, { status: 200 }]) {
      expect(await askBy(async () => value)).toBeInstanceOf(RunctlNetworkError);
    }
  });

  it('S107: may return a Response of another realm', async () => {
    const body = new TextEncoder().encode('{"id":"x"}');
    const foreign = {
      status: 200,
      headers: new Map([['content-type', 'application/json']]),
      arrayBuffer: async () => body.buffer,
    };
    expect(await askBy(async () => foreign)).toEqual({ id: 'x' });
  });

  it('S19: an error that carries the request is kept as no more than its message', async () => {
    const raise = async () => {
      throw Object.assign(new Error(`failed for ${SECRET}`), {
        request: { headers: { authorization: SECRET } },
        code: 'E_X',
      });
    };
    const error = await askBy(raise);
    expect(error).toMatchObject({ causeCode: 'E_X' });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(SECRET);
  });
});

describe('responseMeta', () => {
  it('tells what the transport saw, and nothing of other objects', async () => {
    const value = (await ask({ headers: { 'x-request-id': 'req_7' }, body: { id: 'x' } })) as object;
    const meta = responseMeta(value);
    expect(meta).toMatchObject({ status: 200, requestId: 'req_7', attempts: 1, idempotentReplay: false });
    expect(meta?.headers.get('x-request-id')).toBe('req_7');
    expect(meta?.durationMs).toBeGreaterThan(0);
    expect(responseMeta({ ...value })).toBeUndefined();
  });
});

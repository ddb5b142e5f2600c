/// <reference types="node" />
import { type ScriptedServer, type Step, startScriptedServer } from '@runctl/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { BaseClient } from '../base-client.ts';
import { RunctlApiError, RunctlRateLimitError, RunctlServerError } from '../errors/api-error.ts';
import { RunctlDecodeError } from '../errors/decode-error.ts';
import { RunctlNetworkError } from '../errors/network-error.ts';
import type { ClientOptions } from '../options/client-options.ts';
import { responseMeta } from './response-meta.ts';

const servers: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(...steps: [Step, ...Step[]]): Promise<ScriptedServer> {
  const server = await startScriptedServer(...steps);
  servers.push(server);
  return server;
}

function clientOf({ url }: ScriptedServer, options: Partial<ClientOptions> = {}): BaseClient {
  return new BaseClient({ apiKey: 'rctl_test', baseUrl: url, ...options });
}

const ok: Step = { body: { id: 'agt_1' } };
const busy: Step = { status: 503, headers: { 'retry-after': '0' }, body: { title: 'Busy' } };
const get = { route: 'GET /agents/:agentId', params: { agentId: 'agt_1' } };
const post = { route: 'POST /agents', body: { name: 'a' } };

describe('what is sent again', () => {
  it.each([408, 425, 429, 500, 502, 503, 504])(
    'S64: a %d is, and the answer tells how many attempts it took',
    async (status) => {
      const server = await serve({ status, headers: { 'retry-after': '0' } }, ok);
      const agent = await clientOf(server).request<object>(get);
      expect(responseMeta(agent)?.attempts).toBe(2);
    },
  );

  it.each([400, 401, 402, 403, 404, 409, 410, 412, 422, 501])('S63: a %d is not', async (status) => {
    const server = await serve({ status }, ok);
    await expect(clientOf(server).request(get)).rejects.toMatchObject({ status, attempts: 1 });
    expect(server.requests).toHaveLength(1);
  });

  it('S60: at most `retries` times, and 0 means once', async () => {
    const server = await serve(busy);
    await expect(clientOf(server).request(get)).rejects.toMatchObject({ attempts: 4, status: 503 });
    expect(server.requests).toHaveLength(4);
    await expect(clientOf(server).request(get, { retries: 0 })).rejects.toMatchObject({ attempts: 1 });
    expect(server.requests).toHaveLength(5);
  });

  it('S64: the server has the last word by x-should-retry', async () => {
    const never = await serve({ status: 503, headers: { 'x-should-retry': 'false' } }, ok);
    await expect(clientOf(never).request(get)).rejects.toMatchObject({ attempts: 1 });
    const always = await serve({ status: 409, headers: { 'x-should-retry': 'true', 'retry-after': '0' } }, ok);
    await expect(clientOf(always).request(get)).resolves.toEqual({ id: 'agt_1' });
  });

  it('S55: an answer that breaks off is an attempt like any other, whatever the method', async () => {
    const breaks: Step = ({ response, socket }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"id":');
      setTimeout(() => socket.destroy(), 20);
    };
    for (const request of [get, post]) {
      const server = await serve(breaks, ok);
      await expect(clientOf(server).request(request)).resolves.toEqual({ id: 'agt_1' });
      expect(server.requests).toHaveLength(2);
    }
  });

  it('S56: a connection that is reset before the first byte is tried again', async () => {
    const server = await serve(({ socket }) => socket.resetAndDestroy(), ok);
    await expect(clientOf(server).request(post)).resolves.toEqual({ id: 'agt_1' });
  });

  it('S41: JSON that is cut gets one more try with a GET, and none with a POST', async () => {
    const cut: Step = { headers: { 'content-type': 'application/json' }, body: '{"id":"agt' };
    const server = await serve(cut, ok);
    await expect(clientOf(server).request(get)).resolves.toEqual({ id: 'agt_1' });
    const always = await serve(cut);
    await expect(clientOf(always).request(get)).rejects.toBeInstanceOf(RunctlDecodeError);
    expect(always.requests).toHaveLength(2);
    const posted = await serve(cut, ok);
    await expect(clientOf(posted).request(post)).rejects.toBeInstanceOf(RunctlDecodeError);
    expect(posted.requests).toHaveLength(1);
  });

  it('S57: a server that is not there is tried, and the platform’s code is kept', async () => {
    const server = await serve(ok);
    await server.close();
    const failure = await clientOf(server, { retries: 1 })
      .request(get)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RunctlNetworkError);
    expect(failure).toMatchObject({ code: 'network.failed', causeCode: 'ECONNREFUSED', retryable: true, attempts: 2 });
  });
});

describe('idempotency', () => {
  it('S61: a POST and a PATCH carry a key of their own, the same in all attempts, and it is visible', async () => {
    const server = await serve(busy, ok, ok);
    const client = clientOf(server);
    const agent = await client.request<object>(post);
    await client.request({ route: 'PATCH /agents/:agentId', params: { agentId: 'a' }, body: {} });
    const [first, second, third] = server.requests.map(({ headers }) => headers['idempotency-key']);
    // The instant first, so that keys of one time lie together in an index.
    expect(first).toMatch(/^\d{13}-[0-9a-f-]{36}$/);
    expect(Math.abs(Number.parseInt(String(first), 10) - Date.now())).toBeLessThan(60_000);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    expect(responseMeta(agent)?.idempotencyKey).toBe(first);
  });

  it('S62: a key that is given is used unchanged, and one that no header holds is refused', async () => {
    const server = await serve(busy, ok);
    await clientOf(server).request(post, { idempotencyKey: 'order-7' });
    expect(server.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['order-7', 'order-7']);
    for (const idempotencyKey of ['', 'x'.repeat(256), 'a\nb']) {
      await expect(clientOf(server).request(post, { idempotencyKey })).rejects.toThrow('idempotencyKey');
    }
    expect(server.requests).toHaveLength(2);
  });

  it('S63: waits for the answer while the server still works on the same key, whatever `retries` is', async () => {
    const inProgress: Step = {
      status: 409,
      headers: { 'retry-after': '0' },
      body: { code: 'idempotency.in_progress', title: 'In progress' },
    };
    const replay: Step = { headers: { 'idempotent-replayed': 'true' }, body: { id: 'agt_1' } };
    const server = await serve(inProgress, inProgress, inProgress, inProgress, inProgress, replay);
    const agent = await clientOf(server, { retries: 1 }).request<object>(post);
    expect(responseMeta(agent)).toMatchObject({ attempts: 6, idempotentReplay: true });
  });

  it('S35: every attempt sends the bytes of the first, whatever happens to the object', async () => {
    const body = { name: 'before' };
    const server = await serve(({ response }) => {
      body.name = 'after';
      response.writeHead(503, { 'retry-after': '0' }).end();
    }, ok);
    await clientOf(server).request({ route: 'POST /agents', body });
    expect(server.requests.map((request) => request.body)).toEqual(['{"name":"before"}', '{"name":"before"}']);
  });
});

describe('Retry-After', () => {
  it('S65: is waited for, in seconds and as a date', async () => {
    const date = new Date(Date.now() + 86_400_000);
    const later = new Date(date.getTime() + 1_000);
    const server = await serve(
      { status: 429, headers: { 'retry-after': '1' } },
      { status: 503, headers: { 'retry-after': later.toUTCString(), date: date.toUTCString() } },
      ok,
    );
    await clientOf(server).request(get);
    const [first = 0, second = 0, third = 0] = server.requests.map(({ at }) => at);
    expect(second - first).toBeGreaterThan(990);
    expect(third - second).toBeGreaterThan(990);
    expect(third - first).toBeLessThan(20_000);
  });

  it('S67: beyond `maxRetryAfter` or the time left, the call fails at once and says what the server said', async () => {
    const server = await serve({ status: 429, headers: { 'retry-after': '3600' } });
    const start = performance.now();
    const failure = await clientOf(server)
      .request(get)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RunctlRateLimitError);
    expect(failure).toMatchObject({ retryAfter: 3600, attempts: 1, retryable: true });
    const soon = await serve({ status: 503, headers: { 'retry-after': '30' } });
    const second = await clientOf(soon, { totalTimeout: 10_000 })
      .request(get)
      .catch((error: unknown) => error);
    expect(second).toBeInstanceOf(RunctlServerError);
    expect(second).toMatchObject({ retryAfter: 30, attempts: 1 });
    expect(performance.now() - start).toBeLessThan(9_000);
  });
});

describe('retry budget', () => {
  it('S69: a dead server costs little more than a request a call, and the errors say why', async () => {
    const server = await serve(busy);
    const client = clientOf(server);
    const failures = await Promise.all(
      Array.from({ length: 200 }, () => client.request(get).catch((error: unknown) => error as RunctlApiError)),
    );
    expect(server.requests.length).toBeLessThanOrEqual(230);
    const exhausted = failures.filter((failure) => (failure as RunctlApiError).retryBudgetExhausted);
    expect(exhausted.length).toBeGreaterThan(150);
    const before = server.requests.length;
    await Promise.all(Array.from({ length: 100 }, () => client.request(get).catch(() => undefined)));
    expect(server.requests.length - before).toBeLessThanOrEqual(111);
  });

  it('S79: each call has an error of its own', async () => {
    const server = await serve(busy);
    const client = clientOf(server, { retries: 0 });
    const [one, two] = await Promise.all([1, 2].map(() => client.request(get).catch((error: unknown) => error)));
    expect(one).toBeInstanceOf(RunctlApiError);
    expect(one).not.toBe(two);
  });
});

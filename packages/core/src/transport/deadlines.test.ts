/// <reference types="node" />
import { getEventListeners, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { failsAtOnce, type ScriptedServer, type Step, startScriptedServer } from '@runctl/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { BaseClient } from '../base-client.ts';
import { RunctlAbortError } from '../errors/abort-error.ts';
import { RunctlServerError } from '../errors/api-error.ts';
import { RunctlTimeoutError } from '../errors/network-error.ts';
import type { ClientOptions } from '../options/client-options.ts';

const servers: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(...steps: [Step, ...Step[]]): Promise<ScriptedServer> {
  const server = await startScriptedServer(...steps);
  servers.push(server);
  return server;
}

function clientOf({ url }: { url: string }, options: Partial<ClientOptions> = {}): BaseClient {
  return new BaseClient({ apiKey: 'rctl_test', baseUrl: url, ...options });
}

const ok: Step = { body: { id: 'agt_1' } };
const silent: Step = () => undefined;
const dripping: Step = ({ response }) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
};
const stalled: Step = ({ response }) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
  response.write('{"id":');
};
const get = { route: 'GET /agents/:agentId', params: { agentId: 'agt_1' } };

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('deadlines', () => {
  it.each([
    ['headers never come', silent],
    ['the body drips', dripping],
    ['the body stalls', stalled],
  ])('S58: `timeout` ends an attempt when %s, and the next one may succeed', async (_, step) => {
    const server = await serve(step, ok);
    await expect(clientOf(server, { timeout: 500, retries: 5 }).request(get)).resolves.toEqual({ id: 'agt_1' });
    const failure = await failureOf(clientOf(await serve(step), { timeout: 100, retries: 0 }).request(get));
    expect(failure).toBeInstanceOf(RunctlTimeoutError);
    expect(failure).toMatchObject({ phase: 'attempt', retryable: true, attempts: 1, code: 'network.timeout' });
  });

  it('S58: `totalTimeout` ends the whole call', async () => {
    const server = await serve(silent);
    const call = clientOf(server, { timeout: 200, totalTimeout: 500, retries: 20 }).request(get);
    const failure = await failureOf(call);
    expect(failure).toBeInstanceOf(RunctlTimeoutError);
    expect(failure).toMatchObject({ phase: 'total' });
    expect((failure as RunctlTimeoutError).attempts).toBeLessThan(4);
  });

  it('S44: the status of an error stands, though its body never ends', async () => {
    const endless: Step = ({ response }) => {
      response.writeHead(500, { 'content-type': 'text/html' });
      response.write('<title>Oh no</title>');
    };
    const failure = await failureOf(clientOf(await serve(endless), { timeout: 200, retries: 0 }).request(get));
    expect(failure).toBeInstanceOf(RunctlServerError);
    expect(failure).toMatchObject({ status: 500, message: 'GET /agents/agt_1: 500 Oh no' });
  });

  it('S8: a deadline that the clock cannot count is refused, not fired at once', () => {
    for (const timeout of [Number.NaN, -1, 0, Number.POSITIVE_INFINITY, 2 ** 31, '30000' as unknown as number]) {
      expect(() => clientOf({ url: 'http://localhost' }, { timeout })).toThrow('`timeout` must be a number from 1');
    }
  });
});

describe('abort', () => {
  const phases: [string, Step][] = [
    ['waiting for headers', silent],
    ['reading', dripping],
    ['backing off', { status: 503, headers: { 'retry-after': '20' } }],
  ];

  it.each(phases)('S73: ends a call that is %s at once, with the reason as cause', async (_, step) => {
    const server = await serve(step);
    const controller = new AbortController();
    const call = clientOf(server).request(get, { signal: controller.signal });
    await expect.poll(() => server.requests.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 80));
    controller.abort('no longer needed');
    const failure = await failsAtOnce(call);
    expect(failure).toBeInstanceOf(RunctlAbortError);
    expect(failure).toMatchObject({
      cause: 'no longer needed',
      retryable: false,
      attempts: 1,
      code: 'request.aborted',
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(server.requests).toHaveLength(1);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('S73: closes the socket of the request it ends', async () => {
    let closed: boolean | undefined;
    const server = await serve(({ socket }) => {
      closed = false;
      socket.on('close', () => {
        closed = true;
      });
    });
    const controller = new AbortController();
    const call = clientOf(server).request(get, { signal: controller.signal });
    await expect.poll(() => closed).toBe(false);
    controller.abort();
    await failureOf(call);
    await expect.poll(() => closed).toBe(true);
  });

  it('S73: ends a call whose key never comes, and one whose `fetch` pays no heed', async () => {
    const never = new Promise<never>(() => undefined);
    const hanging: Partial<ClientOptions>[] = [{ apiKey: () => never }, { fetch: () => never }];
    for (const options of hanging) {
      const client = clientOf({ url: 'http://localhost' }, options);
      const signal = AbortSignal.timeout(50);
      const aborted = once(signal, 'abort');
      const call = client.request(get, { signal });
      await aborted;
      const failure = await failsAtOnce(call);
      expect(failure).toBeInstanceOf(RunctlAbortError);
      expect((failure as Error).cause).toMatchObject({ name: 'TimeoutError' });
    }
  });

  it('S72: sends nothing where the signal has aborted already', async () => {
    const server = await serve(ok);
    const failure = await clientOf(server)
      .request(get, { signal: AbortSignal.abort(7) })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'RunctlAbortError', cause: 7, attempts: 0 });
    expect(server.requests).toHaveLength(0);
  });

  it('S74: has no effect once the call is over', async () => {
    const server = await serve(ok);
    const controller = new AbortController();
    await clientOf(server).request(get, { signal: controller.signal });
    controller.abort();
    await expect(clientOf(server).request(get)).resolves.toEqual({ id: 'agt_1' });
  });

  it('S75: one signal serves 10,000 calls and has one listener at most, and none left', async () => {
    const fetch = async () => new Response('{"id":"agt_1"}');
    const client = clientOf({ url: 'http://localhost' }, { fetch });
    const { signal } = new AbortController();
    const warnings: unknown[] = [];
    process.on('warning', (warning) => warnings.push(warning));
    for (let round = 0; round < 100; round += 1) {
      const calls = Array.from({ length: 100 }, () => client.request(get, { signal }));
      expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1);
      await Promise.all(calls);
    }
    expect(warnings).toEqual([]);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('a crowd', () => {
  it('S78: 1,000 calls at once all settle', async () => {
    const server = createServer((_, response) => response.end('{"id":"agt_1"}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = clientOf({ url });
    const settled = await Promise.allSettled(Array.from({ length: 1_000 }, () => client.request(get)));
    expect(settled).toHaveLength(1_000);
    server.closeAllConnections();
    server.close();
  });
});

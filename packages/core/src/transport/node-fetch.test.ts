/// <reference types="node" />
import { getEventListeners, once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { type ScriptedServer, type Step, startScriptedServer } from '@runctl/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BaseClient } from '../base-client.ts';
import { RunctlNetworkError } from '../errors/network-error.ts';
import { fetch } from './node-fetch.ts';
import { type HttpModule, nodeModule } from './node-fetch-platform.ts';
import { joined, readBody } from './read-body.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function serve(...steps: [Step, ...Step[]]): Promise<ScriptedServer> {
  const server = await startScriptedServer(...steps);
  closing.push(() => server.close());
  return server;
}

/** A server that writes its own bytes. */
async function serveBytes(onRequest: (socket: Socket, count: number) => unknown): Promise<string> {
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => {
      count += 1;
      onRequest(socket, count);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const send = (url: string, init: RequestInit = {}) => fetch(url, { headers: {}, redirect: 'manual', ...init });

async function textOf(answer: Response | Promise<Response>): Promise<string> {
  const chunks: Uint8Array[] = [];
  await readBody(await answer, Number.POSITIVE_INFINITY, chunks);
  return new TextDecoder().decode(joined(chunks));
}

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

const dripping: Step = ({ response }) => {
  response.write('first');
  const timer = setInterval(() => response.write('.'), 10);
  response.on('close', () => clearInterval(timer));
};

/** Reads a little, and goes on later: it sees a connection's end only then. */
const pausing: Step = ({ request }) => {
  request.pause();
  setTimeout(() => request.resume(), 100);
};

describe('an exchange over node:http', () => {
  it('sends method, headers and body, and gives what the transport reads of an answer', async () => {
    const server = await serve({
      status: 201,
      headers: { 'X-One': ['a', 'b'], 'set-cookie': ['c=1', 'd=2'] },
      body: 'é',
    });
    const answer = await send(`${server.url}/v1/a%20b?c=d`, {
      method: 'POST',
      headers: { 'x-two': '2' },
      body: '{"ü":1}',
    });
    expect(answer).toMatchObject({ status: 201, statusText: 'Created', url: `${server.url}/v1/a%20b?c=d` });
    expect(['x-one', 'X-ONE', 'none'].map((name) => answer.headers.get(name))).toEqual(['a, b', 'a, b', null]);
    expect(await textOf(answer)).toBe('é');
    expect(server.requests[0]).toMatchObject({ method: 'POST', url: '/v1/a%20b?c=d', body: '{"ü":1}' });
    expect(server.requests[0]?.headers).toMatchObject({
      'x-two': '2',
      'content-length': '8',
      connection: 'keep-alive',
    });
  });

  it('has headers that are Headers in all but the class', async () => {
    const server = await serve({ headers: { 'x-one': 'a', 'set-cookie': ['c=1', 'd=2'] } });
    const { headers } = await send(server.url);
    expect([headers.has('X-One'), headers.getSetCookie()]).toEqual([true, ['c=1', 'd=2']]);
    const copy = new Headers(headers);
    expect([...copy]).toEqual([...headers]);
    expect([...headers.keys()]).toContain('x-one');
    expect([...headers.values()]).toContain('a');
    const seen: string[] = [];
    headers.forEach((value, name) => {
      seen.push(`${name}: ${value}`);
    });
    expect(seen).toContain('x-one: a');
    headers.set('x-one', 'b');
    headers.append('x-one', 'c');
    headers.delete('set-cookie');
    expect([headers.get('x-one'), headers.get('set-cookie')]).toEqual(['b, c', null]);
  });

  it.each(['DELETE', 'OPTIONS', 'PUT', 'PATCH'])('frames the body of a %s', async (method) => {
    const server = await serve({ body: {} });
    for (const body of ['{"a":"ö"}', new TextEncoder().encode('{"a":"ö"}')])
      await textOf(send(server.url, { method, body }));
    expect(server.requests.map(({ body }) => body)).toEqual(['{"a":"ö"}', '{"a":"ö"}']);
    expect(server.requests[0]?.headers).toMatchObject({ 'content-length': '10' });
  });

  it('sends a header of Latin text as it is, whatever the body', async () => {
    const server = await serve({ body: {} });
    await textOf(send(server.url, { method: 'POST', headers: { 'x-name': 'Zoë' }, body: 'ö' }));
    expect(server.requests[0]).toMatchObject({ body: 'ö', headers: { 'x-name': 'Zoë' } });
  });

  it.each([
    ['gzip', gzipSync('{"id":"x"}')],
    ['x-gzip', gzipSync('{"id":"x"}')],
    ['deflate', deflateSync('{"id":"x"}')],
    ['BR', brotliCompressSync('{"id":"x"}')],
    ['deflate, identity, gzip', gzipSync(deflateSync('{"id":"x"}'))],
    ['gzip', Buffer.alloc(0)],
    ['unheard-of', Buffer.from('{"id":"x"}')],
  ])('undoes %s (%#)', async (encoding, body) => {
    const server = await serve({ headers: { 'content-encoding': encoding, 'content-length': `${body.length}` }, body });
    expect(await textOf(send(server.url))).toBe(body.length > 0 ? '{"id":"x"}' : '');
    expect(server.requests[0]?.headers['accept-encoding']).toBe('gzip, deflate, br');
  });

  it('answers without a body where there is none, and the connection serves the next request', async () => {
    const server = await serve(
      { status: 204 },
      { status: 304 },
      { headers: { 'content-length': '7' } },
      { body: 'end' },
    );
    for (const method of ['GET', 'GET', 'HEAD']) expect((await send(server.url, { method })).body).toBeNull();
    expect(await textOf(send(server.url))).toBe('end');
    expect(server.sockets.size).toBe(1);
  });

  it('does not follow a redirect', async () => {
    const server = await serve({ status: 307, headers: { location: '/elsewhere' } });
    const answer = await send(server.url);
    expect([answer.status, answer.headers.get('location'), server.requests.length]).toEqual([307, '/elsewhere', 1]);
  });

  it('reads no faster than its reader', async () => {
    let sent = 0;
    const server = await serve(({ response }) => {
      const chunk = Buffer.alloc(64 * 1024);
      const write = () => {
        do sent += chunk.length;
        while (response.write(chunk));
      };
      response.on('drain', write);
      write();
    });
    const answer = await send(server.url);
    const sentMeanwhile = async () => {
      const before = sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return sent - before;
    };
    await expect.poll(sentMeanwhile).toBe(0);
    const stalledAt = sent;
    const reader = answer.body?.getReader();
    for (let read = 0; read < 2 * stalledAt; ) read += (await reader?.read())?.value?.length ?? 0;
    expect(sent).toBeGreaterThan(stalledAt);
    await reader?.cancel();
    await expect.poll(() => server.sockets.size).toBe(0);
  });

  it('goes nowhere else for an option on `Object.prototype`', async () => {
    const server = await serve({ body: 'x' });
    const polluted = Object.prototype as { socketPath?: string; host?: string };
    try {
      polluted.socketPath = '/nowhere';
      polluted.host = 'elsewhere.example';
      expect(await textOf(send(server.url))).toBe('x');
    } finally {
      delete polluted.socketPath;
      delete polluted.host;
    }
  });

  it('uses as much of Node as its types say', () => {
    const modules: HttpModule[] = [http, https];
    expect([nodeModule('node:http'), nodeModule('node:https')]).toEqual(modules);
  });
});

describe('what goes wrong', () => {
  const head = 'HTTP/1.1 200 OK\r\n';

  it.each([
    ['content-length, FIN', (socket: Socket) => socket.end(`${head}content-length: 100\r\n\r\n{"id":`)],
    ['chunked, FIN', (socket: Socket) => socket.end(`${head}transfer-encoding: chunked\r\n\r\n5\r\n{"id"\r\n`)],
    [
      'chunked, garbage',
      (socket: Socket) => socket.end(`${head}transfer-encoding: chunked\r\n\r\n5\r\n{"id"\r\nxyz\r\n`),
    ],
    [
      'content-length, RST',
      (socket: Socket) => socket.write(`${head}content-length: 100\r\n\r\n{"id":`, () => socket.resetAndDestroy()),
    ],
    [
      'gzip that is cut',
      (socket: Socket) => {
        const half = gzipSync('{"id":"x"}').subarray(0, 15);
        socket.write(`${head}content-encoding: gzip\r\ncontent-length: ${half.length}\r\n\r\n`);
        socket.write(half);
      },
    ],
  ])('S55: a body that is cut is an error (%s)', async (_, answer) => {
    const url = await serveBytes(answer);
    const failure = await failureOf(textOf(send(url)));
    expect(failure).toHaveProperty('code');
  });

  it.each([
    ['no byte', (socket: Socket) => socket.end()],
    ['half a head', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nconte')],
    ['no HTTP', (socket: Socket) => socket.end('SSH-2.0-x rctl_secret\r\n')],
    [
      'another protocol',
      (socket: Socket) => socket.write(`HTTP/1.1 101 Go\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n`),
    ],
    ['a head of 40 kB', (socket: Socket) => socket.write(`${head}x: ${'y'.repeat(40_000)}\r\n\r\n`)],
    ['two lengths', (socket: Socket) => socket.write(`${head}content-length: 1\r\ncontent-length: 2\r\n\r\nab`)],
  ])('S51, S56: an answer that is none is an error with a code (%s)', async (_, answer) => {
    const failure = await failureOf(send(await serveBytes(answer)));
    expect(failure).toBeInstanceOf(Error);
    expect(failure).toHaveProperty('code');
    expect(failure).not.toHaveProperty('rawPacket');
  });

  it('S56: a kept connection that closes under the next request is an error, which a call survives', async () => {
    const url = await serveBytes((socket, count) => {
      if (count === 2) socket.resetAndDestroy();
      else socket.write(`${head}content-length: 10\r\n\r\n{"id":"x"}`);
    });
    const client = new BaseClient({ apiKey: 'x', baseUrl: url });
    const call = () => client.request({ route: 'POST /agents', body: {} });
    expect([await call(), await call()]).toEqual([{ id: 'x' }, { id: 'x' }]);
  });

  it('S57: nobody listens, and no such host, by the platform’s code', async () => {
    const url = await serveBytes(() => undefined);
    await Promise.all(closing.splice(0).map((close) => close()));
    const client = new BaseClient({ apiKey: 'x', baseUrl: url, retries: 0 });
    const failure = await failureOf(client.request({ route: 'GET /agents' }));
    expect(failure).toBeInstanceOf(RunctlNetworkError);
    const { port } = new URL(url);
    expect(failure).toMatchObject({
      causeCode: 'ECONNREFUSED',
      message: expect.stringContaining(`connect ECONNREFUSED 127.0.0.1:${port}`),
    });
    // A name of several addresses: each is told.
    const byName = new BaseClient({ apiKey: 'x', baseUrl: `http://localhost:${port}`, retries: 0 });
    const named = await failureOf(byName.request({ route: 'GET /agents' }));
    expect(named).toMatchObject({ causeCode: 'ECONNREFUSED', message: expect.stringContaining(`127.0.0.1:${port}`) });
  });

  it('S59: an answer that comes before a large body is through is the answer, and the rest is not sent', async () => {
    const server = await serve(({ request, response }) => {
      request.removeAllListeners('data');
      request.pause();
      response.writeHead(413, { 'content-length': '2' });
      response.end('{}');
    });
    const answer = await send(server.url, { method: 'POST', body: 'x'.repeat(20_000_000) });
    expect([answer.status, await textOf(answer)]).toEqual([413, '{}']);
    await expect.poll(() => server.sockets.size).toBe(0);
  });
});

describe('abort', () => {
  it.each([
    ['waiting for headers', () => undefined],
    ['sending', pausing],
    ['reading', dripping],
  ] as [string, Step][])(
    'S73: ends an exchange that is %s, with the reason, and closes the socket',
    async (_, step) => {
      const server = await serve(step);
      const controller = new AbortController();
      const init = { method: 'POST', body: 'x'.repeat(10_000_000), signal: controller.signal };
      const failure = failureOf(textOf(send(server.url, init)));
      await expect.poll(() => server.requests).toHaveLength(1);
      controller.abort('enough');
      expect(await failure).toBe('enough');
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
      await expect.poll(() => server.sockets.size).toBe(0);
    },
  );

  it('S72: sends nothing where the signal has aborted already', async () => {
    const server = await serve({ body: {} });
    expect(await failureOf(send(server.url, { signal: AbortSignal.abort(7) }))).toBe(7);
    expect(server.sockets.size).toBe(0);
  });

  it('S74, S75: leaves no listener when the exchange is over, and has no effect then', async () => {
    const server = await serve({ body: 'x' }, { status: 204 }, ({ socket }) => socket.destroy(), { body: 'y' });
    const controller = new AbortController();
    const { signal } = controller;
    expect(await textOf(send(server.url, { signal }))).toBe('x');
    await send(server.url, { signal });
    expect(await failureOf(send(server.url, { signal }))).toHaveProperty('code');
    await expect.poll(() => getEventListeners(signal, 'abort')).toHaveLength(0);
    const answer = await send(server.url, { signal });
    await expect.poll(() => getEventListeners(signal, 'abort')).toHaveLength(0);
    controller.abort();
    expect(await textOf(answer)).toBe('y');
  });
});

describe('a Request', () => {
  it('is answered with a real Response, whose body can be streamed and cancelled', async () => {
    const server = await serve({ headers: { 'content-encoding': 'gzip' }, body: gzipSync('{"id":"x"}') }, dripping);
    const answer = await fetch(new Request(`${server.url}/a`, { method: 'PUT', headers: { 'x-a': '1' }, body: 'ö' }));
    expect(answer).toBeInstanceOf(Response);
    expect(answer.headers).toBeInstanceOf(Headers);
    expect(answer.url).toBe(`${server.url}/a`);
    expect(await answer.json()).toEqual({ id: 'x' });
    expect(server.requests[0]).toMatchObject({ method: 'PUT', url: '/a', body: 'ö', headers: { 'x-a': '1' } });
    const endless = await fetch(new Request(server.url));
    await endless.body?.cancel();
    await expect.poll(() => server.sockets.size).toBe(0);
  });

  it('carries whatever body fetch can send', async () => {
    const server = await serve({ body: {} });
    const form = new FormData();
    form.set('a', '1');
    for (const body of [new URLSearchParams({ a: '1' }), form, new Blob(['text'])]) {
      await send(server.url, { method: 'POST', body });
    }
    expect(server.requests[0]).toMatchObject({ body: 'a=1' });
    expect(server.requests[1]?.headers['content-type']).toContain('multipart/form-data; boundary=');
    expect(server.requests[2]).toMatchObject({ body: 'text' });
  });

  it('is what middleware sees and passes on, and client.fetch gives a real Response too', async () => {
    const server = await serve({ body: { id: 'x' } });
    const seen: unknown[] = [];
    const client = new BaseClient({
      apiKey: 'x',
      baseUrl: server.url,
      middleware: [
        async (request, next) => {
          const answer = await next(request);
          seen.push(request instanceof Request, answer instanceof Response, await answer.clone().json());
          return answer;
        },
      ],
    });
    expect(await client.request({ route: 'POST /agents', body: { a: 1 } })).toEqual({ id: 'x' });
    expect(seen).toEqual([true, true, { id: 'x' }]);
    expect(await new BaseClient({ apiKey: 'x', baseUrl: server.url }).fetch('/x')).toBeInstanceOf(Response);
  });
});

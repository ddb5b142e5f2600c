import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FrontDoor, openFrontDoor, simulatedAgent } from './front-door.test-rig.ts';
import { type ListeningServer, listen } from './server.ts';

let door: FrontDoor;
let server: ListeningServer;
let port: number;
const bounds = { headersTimeout: 1_500, requestTimeout: 2_000, connectionsCheckingInterval: 50 };
beforeEach(async () => {
  door = await openFrontDoor();
  server = await listen(door.app, { host: '127.0.0.1', port: 0, bounds });
  port = Number(new URL(server.url).port);
});
afterEach(async () => {
  await server.close(0);
  await door.close();
});

/** Opens a connection, sends the pieces with a pause before each, and tells what came back until the server ended it. */
function drip(pieces: Iterable<string>, pauseMs = 40): Promise<{ answer: string; endedBy: 'server' | 'nobody' }> {
  return new Promise((resolve) => {
    let answer = '';
    let isEnded = false;
    const end = (endedBy: 'server' | 'nobody') => {
      isEnded = true;
      clearTimeout(timer);
      socket.destroy();
      resolve({ answer, endedBy });
    };
    const socket = connect(port, '127.0.0.1', async () => {
      for (const piece of pieces) {
        await new Promise((next) => setTimeout(next, pauseMs));
        if (isEnded) return;
        socket.write(piece);
      }
    });
    const timer = setTimeout(() => end('nobody'), 60_000);
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => end('server'));
  });
}

const head = () =>
  `POST /v1/agents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${door.apiKey}\r\nContent-Type: application/json\r\n`;

describe('a client that takes its time', () => {
  it.each([
    ['says nothing', []],
    ['sends a header a letter at a time', ['GET /healthz HTTP/1.1\r\n', ...`Host: ${'x'.repeat(1_000)}`]],
    [
      'sends headers without end',
      ['GET /healthz HTTP/1.1\r\n', ...Array.from({ length: 999 }, (_, at) => `X-${at}: 1\r\n`)],
    ],
  ])('is cut where it %s', async (_what, pieces) => {
    const { answer, endedBy } = await drip(pieces);
    expect(endedBy).toBe('server');
    expect(answer).toMatch(/^(HTTP\/1\.1 408 |$)/);
  });

  it('is cut in the middle of its body, and nothing is written', async () => {
    const body = JSON.stringify(simulatedAgent);
    const pieces = [`${head()}Content-Length: ${body.length}\r\n\r\n`, ...body];
    const { answer, endedBy } = await drip(pieces);
    expect(endedBy).toBe('server');
    expect(answer).toMatch(/^(HTTP\/1\.1 408 |$)/);
    expect((await door.call('GET /v1/agents')).body.data).toEqual([]);
  });

  it('does not keep others waiting', async () => {
    const slow = Array.from({ length: 200 }, () => drip(['GET /healthz HTTP/1.1\r\n', 'H', 'o', 's', 't']));
    const response = await fetch(`${server.url}/healthz`);
    expect(response.status).toBe(200);
    await response.body?.cancel();
    expect(new Set((await Promise.all(slow)).map(({ endedBy }) => endedBy))).toEqual(new Set(['server']));
  });
});

describe('a client that leaves in the middle', () => {
  const body = JSON.stringify(simulatedAgent);
  it.each([
    ['a body of known length', `Content-Length: ${body.length}\r\n\r\n${body.slice(0, -1)}`],
    ['a body in chunks', `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n`],
  ])('of %s has changed nothing, and fills no log', async (_what, rest) => {
    const socket = connect(port, '127.0.0.1');
    socket.write(`${head()}${rest}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await door.call('GET /v1/agents')).body.data).toEqual([]);
    expect(door.errors).toEqual([]);
  });
});

describe('a client that sends too much', () => {
  it('of headers is refused', async () => {
    const headers = Array.from({ length: 5_000 }, (_, at) => `X-${at}: 1\r\n`).join('');
    const { answer } = await drip([`GET /healthz HTTP/1.1\r\nHost: x\r\n${headers}\r\n`]);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('of members gets a short answer', async () => {
    const members = Array.from({ length: 60_000 }, (_, at) => `"member${at}":1`).join(',');
    const { status, body } = await door.call('POST /v1/agents', { body: `{${members}}` });
    expect([status, body.code, body.details.length]).toEqual([400, 'request.invalid', 50]);
    const inside = await door.call('POST /v1/agents', { body: `{"metadata":{${members}}}` });
    expect([inside.status, inside.body.code]).toEqual([400, 'request.invalid']);
    const list = await door.call('POST /v1/agents', {
      body: { ...simulatedAgent, tools: Array.from({ length: 100_000 }, () => 7) },
    });
    expect(list.status).toBe(400);
    expect(list.body.details.length).toBeLessThanOrEqual(50);
  });
});

describe('a page of another origin', () => {
  it('is told nothing that would let a browser show it an answer, or send one in the name of a person', async () => {
    const headers = { origin: 'https://evil.test', cookie: `key=${door.apiKey}` };
    const asked = await door.call('OPTIONS /v1/agents', {
      headers: {
        ...headers,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });
    const read = await door.call('GET /v1/whoami', { headers });
    for (const answer of [asked, read]) {
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
    expect((await door.call('GET /v1/whoami', { key: null, headers })).status).toBe(401);
    const form = await door.call('POST /v1/agents', {
      body: JSON.stringify(simulatedAgent),
      headers: { ...headers, 'content-type': 'text/plain' },
    });
    expect(form.status).toBe(415);
  });
});

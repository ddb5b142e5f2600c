import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FrontDoor, openFrontDoor, simulatedAgent } from './front-door.test-rig.ts';
import { ListenFailure, type ListeningServer, listen } from './server.ts';

let door: FrontDoor;
let server: ListeningServer;
let port: number;
beforeEach(async () => {
  door = await openFrontDoor();
  server = await listen(door.app, { host: '127.0.0.1', port: 0 });
  port = Number(new URL(server.url).port);
});
afterEach(async () => {
  await server.close(0);
  await door.close();
});

/** Sends bytes as they are and answers with all that comes back until the connection ends, or nothing follows. */
function raw(text: string, waitMs = 60_000): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let timer = setTimeout(() => socket.destroy(), waitMs);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      clearTimeout(timer);
      timer = setTimeout(() => socket.destroy(), 300);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(received);
    });
  });
}
const statusOf = (answer: string) => answer.slice(9, 12);
const answersIn = (text: string) => text.split('HTTP/1.1 ').length - 1;

describe('a server', () => {
  it('answers over a socket, with no banner', async () => {
    const response = await fetch(`${server.url}/v1/whoami`, { headers: { authorization: `Bearer ${door.apiKey}` } });
    expect([response.status, response.headers.get('server'), response.headers.get('x-powered-by')]).toEqual([
      200,
      null,
      null,
    ]);
    const created = await fetch(`${server.url}/v1/agents`, {
      method: 'POST',
      headers: { authorization: `Bearer ${door.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(simulatedAgent),
    });
    expect(created.status).toBe(201);
  });

  it('says which port is taken', async () => {
    const failure = await listen(door.app, { host: '127.0.0.1', port }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ListenFailure);
    expect(failure).toMatchObject({ code: 'listen.port_taken', message: expect.stringContaining(String(port)) });
    const nowhere = await listen(door.app, { host: '192.0.2.1', port: 0 }).catch((error: unknown) => error);
    expect(nowhere).toMatchObject({ code: 'listen.address_unavailable' });
  });

  it.each([
    ['TRACE', 'TRACE /v1/whoami HTTP/1.1\r\nHost: x\r\n\r\n', ['405']],
    ['CONNECT', 'CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test\r\n\r\n', ['', '405']],
    ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n', ['400']],
    ['an absolute target', 'GET http://evil.test/healthz HTTP/1.1\r\nHost: x\r\n\r\n', ['400']],
    ['two lengths', 'POST /v1/agents HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}', ['400']],
    [
      'a length and chunks',
      'POST /v1/agents HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ['400'],
    ],
    ['bad chunks', 'POST /v1/agents HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', ['400', '401']],
    ['a header of 64 kB', `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(65_536)}\r\n\r\n`, ['431']],
    ['a target of 100 kB', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, ['414', '431']],
    ['a target of 10 kB', `GET /${'x'.repeat(10_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, ['414']],
    ['garbage', '\x16\x03\x01garbage\r\n\r\n', ['400']],
  ])('answers %s at most once, and not with success', async (_title, text, statuses) => {
    const answer = await raw(text);
    expect(statuses).toContain(statusOf(answer));
    expect(answersIn(answer)).toBeLessThanOrEqual(1);
  });

  it('stays with HTTP/1.1 where an upgrade is offered', async () => {
    const upgrade =
      'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA';
    expect(statusOf(await raw(`GET /healthz HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n\r\n`))).toBe('200');
  });

  it('refuses a large body before it has come', async () => {
    const headers = `Host: x\r\nAuthorization: Bearer ${door.apiKey}\r\nContent-Type: application/json`;
    const answer = await raw(`POST /v1/agents HTTP/1.1\r\n${headers}\r\nContent-Length: 900000000\r\n\r\n{"name":`);
    expect(statusOf(answer)).toBe('413');
  });

  it('lets held polls go when it closes, and leaves nothing open', async () => {
    const authorization = `Bearer ${door.apiKey}`;
    const agent = (await door.call('POST /v1/agents', { body: simulatedAgent })).body;
    const task = (await door.call('POST /v1/tasks', { body: { agentId: agent.id, input: { payload: {} } } })).body;
    const held = fetch(`${server.url}/v1/tasks/${task.id}?wait=60&version=1`, { headers: { authorization } });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const closing = server.close(60_000);
    expect((await (await held).json()).status).toBe('queued');
    await closing;
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  });

  it('ends a held poll when its client leaves', async () => {
    const agent = (await door.call('POST /v1/agents', { body: simulatedAgent })).body;
    const task = (await door.call('POST /v1/tasks', { body: { agentId: agent.id, input: { payload: {} } } })).body;
    const path = `/v1/tasks/${task.id}?wait=60&version=1`;
    await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${door.apiKey}\r\n\r\n`, 1_000);
    const startedAt = Date.now();
    await server.close(60_000);
    expect(Date.now() - startedAt).toBeLessThan(50_000);
  });
});

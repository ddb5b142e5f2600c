/// <reference types="node" />
import { spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type ScriptedServer, type Step, startScriptedServer } from '@runctl/testkit';
import { buildSync } from 'esbuild';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BaseClient } from '../base-client.ts';
import { RunctlApiError } from '../errors/api-error.ts';
import { RunctlNetworkError } from '../errors/network-error.ts';

const servers: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(...steps: [Step, ...Step[]]): Promise<ScriptedServer> {
  const server = await startScriptedServer(...steps);
  servers.push(server);
  return server;
}

const get = { route: 'GET /agents/:agentId', params: { agentId: 'agt_1' } };

describe('on the wire', () => {
  it('S43: a 204 with a forbidden body does not poison the next call', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        if (data.toString().startsWith('DELETE')) socket.write('HTTP/1.1 204 No Content\r\n\r\n{"id":"poison"}');
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"id":"ok"}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = new BaseClient({ apiKey: 'x', baseUrl });
    await client.request({ route: 'DELETE /agents/:agentId', params: { agentId: 'a' } }).catch(() => undefined);
    await expect(client.request(get)).resolves.toEqual({ id: 'ok' });
    expect(connections).toBeGreaterThan(0);
    server.close();
  });

  it('S52: an unsolicited 103 is skipped', async () => {
    const server = await serve(({ response }) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.end('{"id":"x"}');
    });
    await expect(new BaseClient({ apiKey: 'x', baseUrl: server.url }).request(get)).resolves.toEqual({ id: 'x' });
  });

  it('S57: a certificate that is not trusted is refused once', async () => {
    const refused = Object.assign(new TypeError('fetch failed'), {
      cause: Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
    });
    const fetch = vi.fn().mockRejectedValue(refused);
    const failure = await new BaseClient({ apiKey: 'x', fetch }).request(get).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RunctlNetworkError);
    expect(failure).toMatchObject({ code: 'network.certificate', retryable: false, attempts: 1 });
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  it('S59: an answer that comes before a large body is through is the answer', async () => {
    const server = await serve(({ response }) => {
      response.writeHead(413, { connection: 'close', 'content-type': 'application/json' });
      response.end('{"code":"body.too_large"}');
    });
    const client = new BaseClient({ apiKey: 'x', baseUrl: server.url });
    const body = { text: 'x'.repeat(20_000_000) };
    const failure = await client.request({ route: 'POST /agents', body }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RunctlApiError);
    expect(failure).toMatchObject({ status: 413, code: 'body.too_large' });
  });

  it('S108: waits use the `setTimeout` of the moment, so fake timers apply', async () => {
    vi.useFakeTimers();
    try {
      const answers = [new Response('', { status: 503, headers: { 'retry-after': '50' } }), new Response('{"id":"x"}')];
      const fetch = async () => answers.shift() as Response;
      const call = new BaseClient({ apiKey: 'x', fetch }).request(get);
      await vi.advanceTimersByTimeAsync(60_000);
      await expect(call).resolves.toEqual({ id: 'x' });
    } finally {
      vi.useRealTimers();
    }
  });

  it('S76: a pending wait keeps the process alive; after the last call nothing does', async () => {
    const server = await serve({ status: 503, headers: { 'retry-after': '1' } }, { body: { id: 'x' } });
    const { outputFiles } = buildSync({
      entryPoints: [fileURLToPath(new URL('../base-client.ts', import.meta.url))],
      bundle: true,
      format: 'esm',
      platform: 'node',
      conditions: ['@runctl/source'],
      write: false,
    });
    const program = `${outputFiles[0]?.text}
      new BaseClient({ apiKey: 'x', baseUrl: '${server.url}' })
        .request({ route: 'GET /whoami' }, { totalTimeout: 60_000 })
        .then((value) => console.log(JSON.stringify(value)));`;
    const start = performance.now();
    // Much less than the deadline of the call, which nothing may wait for.
    const soon = 30_000;
    const child = spawn(process.execPath, ['--input-type=module', '-'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk;
    });
    child.stdin.end(program);
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, printed.trim()]).toEqual([0, '{"id":"x"}']);
    expect(performance.now() - start).toBeLessThan(soon);
  });
});

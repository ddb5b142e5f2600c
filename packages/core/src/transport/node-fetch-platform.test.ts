/// <reference types="node" />
import http from 'node:http';
import { startScriptedServer } from '@runctl/testkit';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { BaseClient } from '../base-client.ts';
import { fetch } from './node-fetch.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const send = (url: string) => fetch(url, { headers: {}, redirect: 'manual' });

describe('the platform’s own fetch', () => {
  it('is used where somebody has replaced it', async () => {
    vi.spyOn(globalThis, 'fetch').mockResolvedValue(Response.json({ id: 'double' }));
    const client = new BaseClient({ apiKey: 'x', baseUrl: 'http://127.0.0.1:1' });
    expect(await client.request({ route: 'GET /agents/:agentId', params: { agentId: 'a' } })).toEqual({ id: 'double' });
  });

  it.each(['1', '2'])('is used where somebody has given it a dispatcher (%s), and not for its own', async (version) => {
    const key = Symbol.for(`undici.globalDispatcher.${version}`);
    const server = await startScriptedServer({ body: {} });
    onTestFinished(() => server.close());
    const original = vi.spyOn(http, 'request');
    class ProxyAgent {
      dispatch(): never {
        throw new TypeError('by the proxy');
      }
    }
    class Agent extends ProxyAgent {}
    const dispatchers = globalThis as { [key]?: object | undefined };
    const before = dispatchers[key];
    try {
      dispatchers[key] = new ProxyAgent();
      await send(server.url).catch(() => undefined);
      expect(original).not.toHaveBeenCalled();
      dispatchers[key] = new Agent();
      await send(server.url);
      expect(original).toHaveBeenCalledTimes(1);
    } finally {
      dispatchers[key] = before;
    }
  });

  it('answers addresses that are not of HTTP', async () => {
    expect(await (await fetch(new Request('data:text/plain,x'))).text()).toBe('x');
  });
});

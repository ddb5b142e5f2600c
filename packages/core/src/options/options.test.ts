/// <reference types="node" />
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { BaseClient } from '../base-client.ts';
import { RunctlConfigError } from '../errors/config-error.ts';
import { VERSION } from '../version.ts';
import type { ClientOptions } from './client-options.ts';
import { optionsFromEnvironment } from './environment.ts';

const SECRET = 'rctl_secretsecretsecret';

function failure(options: object): RunctlConfigError {
  try {
    new BaseClient(options as ClientOptions);
  } catch (error) {
    return error as RunctlConfigError;
  }
  throw new RunctlConfigError('The options were accepted.');
}

/** A client and the requests that its `fetch` got. */
function recording(options: Partial<ClientOptions> = {}) {
  const requests: { url: string; headers: Record<string, string> }[] = [];
  const fetch = async (url: string | URL | Request, init?: RequestInit) => {
    requests.push({ url: String(url), headers: { ...(init?.headers as Record<string, string>) } });
    return new Response('{"id":"x"}');
  };
  return { client: new BaseClient({ apiKey: SECRET, fetch, ...options }), requests };
}

describe('the key', () => {
  it.each([undefined, '', '  '])('S1: %j is refused, and the error names the variable to set', (apiKey) => {
    expect(failure({ apiKey })).toBeInstanceOf(RunctlConfigError);
    expect(failure({ apiKey }).message).toContain('RUNCTL_API_KEY');
  });

  it('S2: white space around it is cut off', async () => {
    const { client, requests } = recording({ apiKey: ` ${SECRET}\n` });
    await client.request({ route: 'GET /whoami' });
    expect(requests[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
  });

  it.each([`a\r\n${SECRET}`, `${SECRET}\u0000x`, `${SECRET}ü`, `Bearer ${SECRET}`, `"${SECRET}"`, `'${SECRET}'`])(
    'S3, S4: what no key holds is refused without showing it (%#)',
    (apiKey) => {
      expect(inspect(failure({ apiKey }))).not.toContain(SECRET);
      expect(failure({ apiKey }).message).toContain('the key alone');
    },
  );

  it('S18: is in no print of a client', () => {
    const { client } = recording();
    const prints = [
      inspect(client, { showHidden: true, depth: 30 }),
      inspect(client, { showProxy: true, getters: true }),
      JSON.stringify(client),
      JSON.stringify({ ...client }),
      String(client),
      inspect(structuredClone({ ...client })),
    ];
    expect(prints.join()).not.toContain(SECRET);
  });

  it('is asked of a function before the first request, and once more after a 401, for all calls together', async () => {
    const reasons: string[] = [];
    const apiKey = async (reason: string) => {
      reasons.push(reason);
      return reason === 'initial' ? 'old' : 'new';
    };
    const fetch = async (_: unknown, init?: RequestInit) => {
      const isNew = new Headers(init?.headers).get('authorization') === 'Bearer new';
      return new Response('{"id":"x"}', { status: isNew ? 200 : 401 });
    };
    const client = new BaseClient({ apiKey, fetch });
    const calls = Array.from({ length: 10 }, () => client.request({ route: 'GET /whoami' }, { retries: 0 }));
    await expect(Promise.all(calls)).resolves.toHaveLength(10);
    expect(reasons).toEqual(['initial', 'unauthorized']);
    await client.withOptions({ timeout: 5 }).request({ route: 'GET /whoami' });
    expect(reasons).toHaveLength(2);
  });

  it('is asked for once a call: a 401 under the new key is the answer', async () => {
    const reasons: string[] = [];
    const client = new BaseClient({
      apiKey: (reason) => `key${reasons.push(reason)}`,
      fetch: async () => new Response('{}', { status: 401 }),
    });
    await expect(client.request({ route: 'GET /whoami' })).rejects.toMatchObject({ status: 401, attempts: 2 });
    expect(reasons).toHaveLength(2);
  });
});

describe('baseUrl', () => {
  it.each([
    '/v1',
    'javascript:alert(1)',
    'file:///etc',
    'ftp://a.example',
    'https://user:pass@a.example',
    'https://a.example/?x=1',
    'https://a.example/#x',
    'https://a.example/?',
    7,
  ])('S5: %j is refused', (baseUrl) => {
    expect(failure({ apiKey: SECRET, baseUrl }).message).toContain('`baseUrl`');
    expect(failure({ apiKey: SECRET, baseUrl }).message).not.toContain('pass');
  });

  it.each([
    [undefined, 'https://api.runctl.com/v1'],
    ['https://a.example', 'https://a.example/v1'],
    ['https://a.example/', 'https://a.example/v1'],
    ['https://a.example/v1/', 'https://a.example/v1'],
    ['http://localhost:4700/runctl//', 'http://localhost:4700/runctl/v1'],
  ])('S6: %j becomes %s', (baseUrl, expected) => {
    expect(new BaseClient({ apiKey: SECRET, ...(baseUrl ? { baseUrl } : {}) }).baseUrl).toBe(expected);
  });

  it('S7: plain http beyond this machine earns one warning', () => {
    const warnings: string[] = [];
    const logger = { error() {}, warn: (message: string) => warnings.push(message), info() {}, debug() {} };
    const far = new BaseClient({ apiKey: SECRET, baseUrl: 'http://runctl.example', logger });
    far.withOptions({ timeout: 5 });
    for (const baseUrl of ['http://127.0.0.1:4700', 'http://localhost', 'http://[::1]:1', 'https://a.example']) {
      new BaseClient({ apiKey: SECRET, baseUrl, logger });
    }
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('plain http');
  });
});

describe('options', () => {
  it('S9: `retries` is a whole number from 0 to 20', () => {
    for (const retries of [-1, 0.5, Number.NaN, 1e9]) {
      expect(failure({ apiKey: SECRET, retries }).message).toContain('`retries` must be a whole number from 0 to 20');
    }
  });

  it('an option that does not exist is named, with those that do', () => {
    expect(failure({ apiKey: SECRET, timout: 5 }).message).toMatch(/`timout` is no option.*timeout/);
  });

  it('S12, S15: an undefined header is passed over, null removes, the last spelling wins', async () => {
    const headers = { 'x-a': '1', 'X-A': '2', accept: null, 'x-none': undefined } as unknown as Record<string, string>;
    const { client, requests } = recording({ headers });
    await client.request({ route: 'GET /whoami' }, { headers: { 'x-b': 'b' } });
    const { 'user-agent': agent, authorization, ...others } = requests[0]?.headers ?? {};
    expect(others).toEqual({ 'x-a': '2', 'x-b': 'b' });
    expect(agent).toBe(`runctl-sdk/${VERSION}`);
    expect(authorization).toContain(SECRET);
  });

  it('S13, S14: a header that is none, or not the caller’s, is refused; its value is not echoed', () => {
    for (const headers of [{ 'x-a': `b\r\n${SECRET}` }, { 'x a': SECRET }, { 'x:': SECRET }]) {
      expect(failure({ apiKey: SECRET, headers }).message).not.toContain(SECRET);
    }
    for (const name of ['Authorization', 'host', 'content-length', 'transfer-encoding', 'Connection']) {
      expect(failure({ apiKey: SECRET, headers: { [name]: 'x' } }).message).toContain(name.toLowerCase());
    }
  });

  it('S16: are copied; what happens to the object later has no effect', async () => {
    const headers: Record<string, string> = { 'x-a': '1' };
    const options = { headers, retries: 0 };
    const { client, requests } = recording(options);
    headers['x-a'] = '2';
    options.headers = {};
    await client.request({ route: 'GET /whoami' });
    expect(requests[0]?.headers['x-a']).toBe('1');
    expect(() => recording(Object.freeze({ retries: 1 }))).not.toThrow();
  });

  it('S17: a polluted Object.prototype changes nothing, in the first attempt and in those after it', async () => {
    const pollution = {
      headers: { evil: '1' },
      method: 'DELETE',
      signal: AbortSignal.abort(),
      retries: 'x',
      body: 'evil',
      json: {},
    };
    for (const [name, value] of Object.entries(pollution)) {
      Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true });
    }
    try {
      const { client, requests } = recording();
      await expect(client.request({ route: 'GET /whoami' })).resolves.toEqual({ id: 'x' });
      expect(requests[0]?.headers.evil).toBeUndefined();
      const busyOnce = [
        new Response('{}', { status: 503, headers: { 'retry-after': '0' } }),
        new Response('{"id":"y"}'),
      ];
      const retrying = recording({ fetch: async () => busyOnce.shift() as Response });
      await expect(retrying.client.request({ route: 'GET /whoami' })).resolves.toEqual({ id: 'y' });
    } finally {
      for (const name of Object.keys(pollution)) Reflect.deleteProperty(Object.prototype, name);
    }
  });

  it('a browser is refused without `dangerouslyAllowBrowser`', () => {
    Object.defineProperty(globalThis, 'document', { value: {}, configurable: true });
    try {
      expect(failure({ apiKey: SECRET }).message).toContain('dangerouslyAllowBrowser');
      expect(() => new BaseClient({ apiKey: SECRET, dangerouslyAllowBrowser: true })).not.toThrow();
    } finally {
      Reflect.deleteProperty(globalThis, 'document');
    }
  });

  it('the version that is sent is the package’s', () => {
    expect(VERSION).toBe(packageJson.version);
  });
});

describe('optionsFromEnvironment', () => {
  const env = {
    RUNCTL_API_KEY: SECRET,
    RUNCTL_BASE_URL: 'http://localhost:1',
    RUNCTL_TIMEOUT: '500',
    RUNCTL_RETRIES: '0',
  };

  it('reads the four variables, and an option beats its variable', () => {
    expect(optionsFromEnvironment(env)).toEqual({
      apiKey: SECRET,
      baseUrl: 'http://localhost:1/v1',
      timeout: 500,
      retries: 0,
    });
    expect(optionsFromEnvironment({ ...env, RUNCTL_TIMEOUT: 'x' }, { timeout: 7 })).toMatchObject({ timeout: 7 });
  });

  it.each(['30s', '3e4', '0x10', '1_000', '-1', '1.5', '0'])('S10: RUNCTL_TIMEOUT=%s is refused by name', (text) => {
    expect(() => optionsFromEnvironment({ ...env, RUNCTL_TIMEOUT: text })).toThrow('RUNCTL_TIMEOUT');
  });

  it('S10: a blank variable counts as unset, and a bad one is named without its value', () => {
    expect(optionsFromEnvironment({ RUNCTL_API_KEY: SECRET, RUNCTL_TIMEOUT: ' ' })).toEqual({ apiKey: SECRET });
    expect(() => optionsFromEnvironment({ ...env, RUNCTL_BASE_URL: 'ftp://secret' })).toThrow(
      /^((?!secret).)*RUNCTL_BASE_URL/,
    );
    expect(() => optionsFromEnvironment({ RUNCTL_API_KEY: 'a b' })).toThrow('RUNCTL_API_KEY');
  });

  it('S11: says what is missing, also where the environment refuses to be read', () => {
    const refusing = new Proxy({}, { get: () => failure({}) && undefined });
    const throwing = {
      get RUNCTL_API_KEY(): string {
        throw new RunctlConfigError('denied');
      },
    };
    for (const one of [{}, refusing, throwing])
      expect(() => optionsFromEnvironment(one)).toThrow(
        /RUNCTL_API_KEY is not set.*`runctl dev` prints the line to set it\./,
      );
  });
});

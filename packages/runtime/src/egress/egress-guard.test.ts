import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EgressFailure, EgressRefused, EgressSettingError } from './egress-error.ts';
import { createEgressGuard, type EgressGuard } from './egress-guard.ts';

const servers: Server[] = [];
const bounds = { maxBytes: 100_000, timeoutMs: 60_000 };

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const closed = createEgressGuard({ allowedHosts: [] });
const open = createEgressGuard({ allowedHosts: ['127.0.0.0/8'] });

function resolvingTo(guardOptions: string[], ...addresses: string[]): EgressGuard {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return createEgressGuard({ allowedHosts: guardOptions, resolve: async () => found });
}

const REFUSED = [
  ...['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '127.0.0.1.', '0', '0.0.0.0', '１２７.０.０.１'],
  ...['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '192.0.0.1', '198.18.0.1', '224.0.0.1'],
  ...['255.255.255.255', '240.0.0.1', '169.254.1.1', '192.0.2.1', '203.0.113.9', '①②⑦.0.0.1', '127。0。0。1'],
  ...['[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:10.0.0.1]', '[fe80::1]', '[fc00::1]'],
  ...['[fd12:3456::1]', '[64:ff9b::10.0.0.1]', '[64:ff9b:1::a00:1]', '[2002:a00:1::]', '[2001:0:1::]', '[2001:db8::1]'],
  ...['[::10.0.0.1]', '[ff02::1]', '[fec0::1]', '[100::1]', '[3fff::1]', '[5f00::1]'],
  ...['localhost', 'LOCALHOST.', 'api.localhost', 'db.internal', 'printer.local', 'intranet', 'nas.lan', 'x.home.arpa'],
];

const METADATA = [
  ...['169.254.169.254', '0xa9fea9fe', '2852039166', '169.254.170.2', '100.100.100.200', '168.63.129.16'],
  ...['[fd00:ec2::254]', '[::ffff:169.254.169.254]', '[64:ff9b::169.254.169.254]', '[2002:a9fe:a9fe::]'],
];

describe('what may not be called', () => {
  it.each(REFUSED)('refuses %s on save and on call, and names the setting', async (host) => {
    expect(() => closed.check(`https://${host}/`)).toThrow(/RUNCTL_EGRESS_ALLOW/);
    await expect(closed.fetch(`https://${host}/`, bounds)).rejects.toThrow(EgressRefused);
  });

  it.each(METADATA)('refuses the metadata address %s even where every range is open', (host) => {
    const wideOpen = createEgressGuard({ allowedHosts: ['0.0.0.0/0', '::/0', host] });
    expect(() => wideOpen.check(`https://${host}/`)).toThrow(/metadata/);
  });

  it.each(['ftp://example.com', 'file:///etc/passwd', 'data:text/plain,x', 'gopher://x', '//example.com', 'x', ''])(
    'refuses %j, which is no https address',
    (address) => {
      expect(() => closed.check(address)).toThrow(EgressRefused);
    },
  );

  it('refuses credentials in the address without repeating them', () => {
    const attempt = () => closed.check('https://user:secret@example.com/');
    expect(attempt).toThrow(/credentials/);
    expect(attempt).not.toThrow(/secret/);
  });

  it('refuses plain http unless the operator opened the host', () => {
    expect(() => closed.check('http://example.com/')).toThrow(/use https/);
    expect(() => closed.opening(['example.com']).check('http://example.com/')).not.toThrow();
  });

  it.each(['https://example.com/', 'https://8.8.8.8/', 'https://[2606:4700::1111]/', 'https://172.32.0.1:8443/x'])(
    'lets the public address %s pass',
    (address) => {
      expect(() => closed.check(address)).not.toThrow();
    },
  );
});

describe('names', () => {
  it('are judged by every address they resolve to, and the answer does not tell which', async () => {
    const guard = resolvingTo([], '93.184.216.34', '10.1.2.3');
    const attempt = guard.fetch('https://example.com/', bounds);
    await expect(attempt).rejects.toThrow(/private address/);
    await expect(attempt).rejects.not.toThrow(/10\.1\.2\.3/);
  });

  it.each(['::ffff:10.0.0.1', '::1', '64:ff9b::a00:1', 'fe80::1%eth0', '169.254.169.254'])(
    'are refused when they resolve to %s',
    async (address) => {
      await expect(resolvingTo([], address).fetch('https://example.com/', bounds)).rejects.toThrow(EgressRefused);
    },
  );

  it('that a rebinding resolver changes are judged again at the connection', async () => {
    const answers = ['93.184.216.34', '127.0.0.1'];
    const guard = createEgressGuard({
      allowedHosts: [],
      resolve: async () => [{ address: answers.pop() ?? '127.0.0.1', family: 4 }],
    });
    guard.check('https://example.com/');
    await expect(guard.fetch('https://example.com/', bounds)).rejects.toThrow(/loopback/);
  });

  it('of a local network pass where they resolve into an opened range', async () => {
    const url = await serve((_request, response) => response.end('inside'));
    const guard = resolvingTo(['127.0.0.0/8'], '127.0.0.1');
    const answer = await guard.fetch(url.replace('127.0.0.1', 'tools.internal'), bounds);
    expect(Buffer.from(answer.body).toString()).toBe('inside');
    const elsewhere = resolvingTo(['127.0.0.0/8'], '93.184.216.34');
    await expect(elsewhere.fetch('http://tools.internal/', bounds)).rejects.toThrow(/local network/);
  });

  it('that are opened with a port are open on that port alone', async () => {
    const guard = createEgressGuard({ allowedHosts: ['localhost:8080'] });
    expect(() => guard.check('http://localhost:8080/')).not.toThrow();
    expect(() => guard.check('http://localhost:8081/')).toThrow(EgressRefused);
    expect(() => guard.check('http://localhost.evil.example:8080/')).toThrow(EgressRefused);
  });
});

describe('the setting', () => {
  it.each(['10.0.0.0/33', 'host/8', 'a b', 'http://x', '10.0.0.0/-1', '*', 'user@host'])('refuses %j', (entry) => {
    expect(() => createEgressGuard({ allowedHosts: [entry] })).toThrow(EgressSettingError);
  });

  it.each(['[::1]:80', '::1', '::1/128', '127.0.0.1:80', ' 10.0.0.0/8 ', 'Example.COM', ''])('reads %j', (entry) => {
    expect(() => createEgressGuard({ allowedHosts: [entry] })).not.toThrow();
  });
});

describe('an answer', () => {
  it('comes whole, with what was sent, and with a fixed User-Agent', async () => {
    const url = await serve(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      response.setHeader('x-seen', `${request.method} ${request.headers['user-agent']}`);
      response.end(body.toUpperCase());
    });
    const answer = await open.fetch(url, { ...bounds, method: 'POST', body: 'héllo', headers: { 'user-agent': 'x' } });
    expect(answer).toMatchObject({ status: 200, headers: { 'x-seen': 'POST Runctl (+https://runctl.com)' } });
    expect(Buffer.from(answer.body).toString()).toBe('HÉLLO');
  });

  it('that redirects is not followed', async () => {
    const url = await serve((_request, response) => response.writeHead(302, { location: '/elsewhere' }).end());
    expect(await open.fetch(url, bounds)).toMatchObject({ status: 302, headers: { location: '/elsewhere' } });
  });

  it('is cut where it passes its cap', async () => {
    const url = await serve((_request, response) => {
      const write = () => response.write('x'.repeat(50_000), () => response.destroyed || write());
      write();
    });
    await expect(open.fetch(url, bounds)).rejects.toMatchObject({ code: 'too_large' });
  });

  it('is decoded, and a compressed bomb is cut by what comes out of it', async () => {
    const url = await serve((request, response) => {
      const body = request.url === '/bomb' ? Buffer.alloc(50_000_000) : 'fine';
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(body));
    });
    expect(Buffer.from((await open.fetch(url, bounds)).body).toString()).toBe('fine');
    await expect(open.fetch(`${url}/bomb`, bounds)).rejects.toMatchObject({ code: 'too_large' });
  });

  it('that drips is ended by the deadline', async () => {
    const url = await serve((_request, response) => {
      const timer = setInterval(() => response.write('.'), 10);
      response.once('close', () => clearInterval(timer));
    });
    const attempt = open.fetch(url, { ...bounds, timeoutMs: 100 });
    await expect(attempt).rejects.toMatchObject({ code: 'timeout' });
  });

  it('that breaks off is a failure, never a short answer', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('half');
      setTimeout(() => response.destroy(), 20);
    });
    await expect(open.fetch(url, bounds)).rejects.toThrow(EgressFailure);
  });

  it('streams as it arrives, and leaving the stream closes the connection', async () => {
    let wasClosed = false;
    const url = await serve((_request, response) => {
      response.once('close', () => {
        wasClosed = true;
      });
      response.write('first');
    });
    const { body } = await open.stream(url, bounds);
    const reader = body.getReader();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('first');
    await reader.cancel();
    await expect.poll(() => wasClosed).toBe(true);
  });

  it('is given up with the reason of the caller', async () => {
    const url = await serve(() => undefined);
    const controller = new AbortController();
    const attempt = open.fetch(url, { ...bounds, signal: controller.signal });
    const reason = new EgressFailure('timeout', 'cancelled by its owner');
    setTimeout(() => controller.abort(reason), 20);
    await expect(attempt).rejects.toBe(reason);
  });

  it('of nobody listening says so in a sentence', async () => {
    await expect(open.fetch('http://127.0.0.1:1/', bounds)).rejects.toMatchObject({
      code: 'network',
      message: '127.0.0.1:1 could not be reached or broke off: ECONNREFUSED.',
    });
  });

  it('reads no proxy from the environment', async () => {
    const url = await serve((_request, response) => response.end('direct'));
    for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY']) vi.stubEnv(name, 'http://127.0.0.1:1');
    expect(Buffer.from((await open.fetch(url, bounds)).body).toString()).toBe('direct');
    vi.unstubAllEnvs();
  });

  it('is asked for again on a fresh connection where the server closes the kept one', async () => {
    let requests = 0;
    const url = await serve((request, response) => {
      requests += 1;
      if (requests === 2) request.socket.resetAndDestroy();
      else response.end('ok');
    });
    await open.fetch(url, bounds);
    expect((await open.fetch(url, bounds)).status).toBe(200);
    expect(requests).toBe(3);
  });
});

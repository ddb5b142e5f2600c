import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Runctl } from '@runctl/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ended, type Home, startHome } from './people.test-rig.ts';

let home: Home;
let client: Runctl;

beforeAll(async () => {
  home = await startHome();
  client = new Runctl({ apiKey: home.apiKey, baseUrl: home.url });
});
afterAll(() => home.end());

describe('who may speak to the runtime', () => {
  test('in the folder of a runtime a command needs no key, and the file that holds it is for its owner alone', async () => {
    const { code, stdout } = await home.runctl(['whoami', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(await client.tenants.whoami());
    expect(statSync(join(home.folder, '.runctl/connection.json')).mode & 0o777).toBe(0o600);
  });

  test("the folder's key goes to the folder's runtime and nowhere else", async () => {
    const { code, stdout, stderr } = await home.runctl(['whoami'], { env: { RUNCTL_BASE_URL: 'http://127.0.0.1:9' } });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^runctl: There is no API key for http:\/\/127\.0\.0\.1:9\. Set RUNCTL_API_KEY/);
  });

  test('a folder that points away from this machine is not believed', async () => {
    const folder = join(home.folder, '.runctl');
    const file = join(folder, 'connection.json');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, JSON.stringify({ url: 'http://runctl.example:4700', apiKey: home.apiKey }));
    const { stderr } = await home.runctl(['whoami']);
    writeFileSync(file, before);
    expect(stderr).toContain('There is no API key for http://127.0.0.1:4700.');
  });

  test("the folder's runtime is itself by another name of this machine", async () => {
    const url = home.url.replace('127.0.0.1', 'localhost');
    expect((await home.runctl(['whoami', '--url', url])).code).toBe(0);
  });

  test('an address without a scheme is told as such, before any key is missed', async () => {
    const { code, stderr } = await home.runctl(['whoami'], { env: { RUNCTL_BASE_URL: 'localhost:4911' } });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'runctl: --url or RUNCTL_BASE_URL must be an address such as http://127.0.0.1:4700, not "localhost:4911". Did you mean http://localhost:4911?\n',
    );
  });

  test('the key of a file is used, and a wrong one is told in a line with the variable and the request', async () => {
    const file = join(home.folder, 'key');
    writeFileSync(file, `${home.apiKey}\n`);
    chmodSync(file, 0o600);
    expect((await home.runctl(['whoami', '--api-key-file', 'key'])).code).toBe(0);

    const { code, stdout, stderr } = await home.runctl(['whoami'], {
      env: { RUNCTL_API_KEY: `rctl_${'x'.repeat(32)}` },
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^runctl: .* does not accept the API key from RUNCTL_API_KEY: .*Set RUNCTL_API_KEY.*request req_\w+\)\n$/,
    );
    expect(stderr).not.toContain('xxxx');
  });

  test('where nothing answers, it says at which address and how to start one', async () => {
    const env = { RUNCTL_API_KEY: home.apiKey, RUNCTL_BASE_URL: 'http://127.0.0.1:9' };
    const { code, stderr } = await home.runctl(['agents', 'ls'], { env });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'runctl: Nothing answers at http://127.0.0.1:9. Start a runtime there with `runctl dev`, or say with --url or RUNCTL_BASE_URL where one is.\n',
    );
  });
});

describe("the folder's key", () => {
  let other: Home;
  beforeAll(async () => {
    other = await startHome();
  });
  afterAll(() => other.end());

  /** Listens where the runtime did, and keeps what it is told. */
  async function listenAt(url: string) {
    const heard: (string | undefined)[] = [];
    const server = createServer(({ headers }, response) => {
      heard.push(headers.authorization);
      response.writeHead(200).end('{}');
    });
    await new Promise<void>((resolve) => server.listen(Number(new URL(url).port), '127.0.0.1', resolve));
    return { heard, close: () => new Promise<void>((resolve) => server.close(() => resolve())) };
  }

  test.each(['SIGTERM', 'SIGKILL'] as const)('is told to nobody once the runtime was ended by %s', async (signal) => {
    const { url } = other;
    await other.stop(signal);
    const stranger = await listenAt(url);
    const { code, stderr } = await other.runctl(['whoami']);
    await other.runctl(['whoami', '--url', url]);
    await stranger.close();
    expect(stranger.heard).toEqual([]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        'runctl: The runtime of .runctl does not run. Start it with `runctl dev`, or name another one with RUNCTL_BASE_URL and RUNCTL_API_KEY.\n',
    });
    await other.restart();
    expect((await other.runctl(['whoami'])).code).toBe(0);
  });

  test('that was revoked is told with what to do, and is dropped at the next start', async () => {
    const keys = JSON.parse((await other.runctl(['keys', 'list', '--json'])).stdout) as { id: string }[];
    for (const { id } of keys) await other.runctl(['keys', 'revoke', id]);
    const refused = await other.runctl(['whoami']);
    expect(refused.stderr).toContain('does not accept the API key from .runctl/connection.json');
    expect(refused.stderr).toContain('Make another: export RUNCTL_API_KEY="$(runctl keys create)"');
    const RUNCTL_API_KEY = (await other.runctl(['keys', 'create'])).stdout.trim();
    expect((await other.runctl(['whoami'], { env: { RUNCTL_API_KEY } })).code).toBe(0);
    await other.restart();
    expect(existsSync(join(other.folder, '.runctl/connection.json'))).toBe(false);
  });
});

test('a runtime that dies while a task is followed is told at once, and at the end how to go on', async () => {
  const other = await startHome();
  const there = new Runctl({ apiKey: other.apiKey, baseUrl: other.url });
  const rules = [{ when: {}, reply: { text: 'Done.', delayMs: 60_000 } }];
  const { id } = await there.agents.create({
    ...{ name: 'Slow', type: 'reactive', modelProvider: 'simulated', model: 'scripted', systemPrompt: '' },
    metadata: { simulation: { rules } },
  });
  await there.agents.deploy(id);
  const run = other.start(['tasks', 'run', 'Slow', 'Take your time.'], { RUNCTL_RETRIES: '2' });
  const ran = ended(run);
  const heard = (text: string) =>
    new Promise<void>((resolve) => run.stderr.on('data', (chunk) => String(chunk).includes(text) && resolve()));
  await heard('running');
  const lost = heard('Connection lost, trying again.\n');
  const killed = Date.now();
  await other.stop('SIGKILL');
  await lost;
  // Long before the silence of its stream would tell.
  expect(Date.now() - killed).toBeLessThan(40_000);
  const { code, stderr } = await ran;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^runctl: Nothing answers at .*`runctl tasks tail tsk_\w{26}` follows it again\.$/m);
  expect(stderr.match(/Connection lost/g)).toHaveLength(1);
  await other.restart();
  await other.end();
});

test.each([
  ['runctl', {}],
  ['npx @runctl/runtime', { npm_command: 'exec', npm_lifecycle_event: 'npx' }],
  ['npm run runctl --', { npm_command: 'run', npm_lifecycle_event: 'dev', npm_package_name: 'runctl' }],
])('a runtime names the next command as %s where it was started so', async (command, env) => {
  const other = await startHome();
  await other.stop();
  const dev = other.start(['dev', '--port', '0'], env as Record<string, string>);
  const said = await new Promise<string>((resolve) => dev.stdout.once('data', (chunk) => resolve(String(chunk))));
  expect(said).toContain(`try: ${command} agents create --help\n`);
  expect(said).toMatch(/^ {2}docs {7}http:\/\/127\.0\.0\.1:\d+\/v1\/docs$/m);
  dev.kill('SIGTERM');
  await ended(dev);
  await other.restart();
  await other.end();
});

test('a runtime that was started again says where its key is kept, in a line for the shell that reads it from there', async () => {
  const other = await startHome();
  await other.stop();
  const dev = other.start(['dev', '--port', '0']);
  const said = await new Promise<string>((resolve) => dev.stdout.once('data', (chunk) => resolve(String(chunk))));
  expect(said).toMatch(/^ {2}API key {4}kept in \/.*\/\.runctl\/connection\.json$/m);
  const line = /^ {2}(export .*)$/m.exec(said)?.[1] ?? '';
  expect(execFileSync('sh', ['-c', `${line}; printf %s "$RUNCTL_API_KEY"`], { encoding: 'utf8' })).toBe(other.apiKey);
  dev.kill('SIGTERM');
  await ended(dev);
  await other.restart();
  await other.end();
});

test('a runtime that was started again on another port is found with the key of its first start', async () => {
  await home.restart();
  const { code, stdout } = await home.runctl(['whoami', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ tenantId: expect.stringMatching(/^tnt_/) });
});

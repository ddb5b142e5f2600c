import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { runCommand } from '../runtime-process.test-rig.ts';
import type { Finding } from './doctor/finding.ts';
import { bareFolder, bareHomes, startOn, stopHomes } from './operator.test-rig.ts';

afterAll(stopHomes);

const set: string[] = [];
afterEach(() => {
  for (const name of set.splice(0)) delete process.env[name];
});

function given(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) {
    process.env[name] = value;
    set.push(name);
  }
}

async function examine(
  ...args: string[]
): Promise<{ code: number | null; of: (check: string) => Finding[]; text: string }> {
  const { code, output } = await runCommand('doctor', '--port', '0', '--json', ...args);
  const findings = JSON.parse(output) as Finding[];
  return { code, of: (check) => findings.filter((finding) => finding.check === check), text: output };
}

describe.each(bareHomes)('the doctor on $name', ({ create }) => {
  it('finds nothing in the way, before there is data and while a runtime runs', async () => {
    const home = await create();
    expect(await examine(...home.options)).toMatchObject({ code: 0 });
    const runtime = await startOn(home);
    const busy = await examine(...home.options);
    expect(busy.code).toBe(0);
    expect(busy.of('schema')).toMatchObject([{ state: 'ok', found: expect.stringContaining('up to date') }]);
    if ('folder' in home.place) {
      expect(busy.of('lock')).toMatchObject([{ found: 'a runtime runs on the folder' }]);
      expect(busy.of('integrity')).toMatchObject([{ state: 'ok' }]);
    } else {
      expect(busy.of('version')).toMatchObject([{ state: 'ok', found: expect.stringContaining('Postgres ') }]);
      expect(busy.of('clock')).toMatchObject([{ state: 'ok' }]);
      expect(busy.of('durability')).toMatchObject([{ state: 'ok' }]);
    }
    const { port } = new URL(runtime.url);
    const { output } = await runCommand('doctor', '--port', port, '--json', ...home.options);
    expect(output).toContain(`a runtime answers at 127.0.0.1:${port}`);
    await runtime.kill();
    home.remove();
  });
});

describe('the doctor', () => {
  it('names variables that will not do and those that nobody reads, prints no secret, and ends with 1', async () => {
    const home = bareFolder();
    given({
      RUNCTL_OPERATOR_KEY: 'hunter2',
      RUNCTL_SLOT: '4',
      RUNCTL_EGRESS_ALLOW: '0.0.0.0/0',
      RUNCTL_STRIPE_API_KEY: 'sk_live_hunter2',
    });
    const { code, of, text } = await examine(...home.options);
    expect(code).toBe(1);
    expect(of('settings').map(({ state, found }) => [state, found])).toEqual([
      ['problem', 'RUNCTL_OPERATOR_KEY must be rctl_ and 32 letters and digits, drawn at random.'],
      ['warning', 'RUNCTL_SLOT is no setting of Runctl: did you mean RUNCTL_SLOTS?'],
      ['problem', expect.stringContaining('RUNCTL_STRIPE_WEBHOOK_SECRET is missing')],
    ]);
    expect(of('egress')).toMatchObject([{ state: 'warning', found: '0.0.0.0/0 is opened to tools' }]);
    expect(text).not.toContain('hunter2');
    const table = await runCommand('doctor', '--port', '0', ...home.options);
    expect(table.output).toContain('What to do:\n  settings: RUNCTL_OPERATOR_KEY must be');
    expect(table.output).toContain('    -> correct RUNCTL_OPERATOR_KEY, or unset it\n');
    home.remove();
  });

  it('tells of a port and an address that are none instead of failing at them', async () => {
    const home = bareFolder();
    given({ RUNCTL_PORT: 'abc' });
    const { code, output } = await runCommand('doctor', '--json', ...home.options);
    expect(code).toBe(1);
    expect((JSON.parse(output) as Finding[]).filter(({ state }) => state === 'problem')).toMatchObject([
      { check: 'settings', found: expect.stringContaining('RUNCTL_PORT must be') },
      { check: 'port', found: 'abc is no port' },
    ]);
    const { of } = await examine('--database-url', 'mysql://somewhere');
    expect(of('database')).toMatchObject([{ state: 'problem', found: expect.stringContaining('--database-url') }]);
    home.remove();
  });

  it('finds what would keep a runtime from starting: a mail server without a sender, sealed secrets without their key', async () => {
    const home = bareFolder();
    given({ RUNCTL_SECRETS_KEY: randomBytes(32).toString('base64') });
    const runtime = await startOn(home);
    await runtime.kill();
    expect((await examine(...home.options)).of('secrets')).toMatchObject([{ state: 'ok' }]);
    given({ RUNCTL_SECRETS_KEY: '', RUNCTL_SMTP_URL: 'smtps://mail.example.com:465' });
    const { code, of } = await examine(...home.options);
    expect(code).toBe(1);
    expect(of('settings')).toMatchObject([
      { state: 'problem', found: expect.stringMatching(/RUNCTL_MAIL_FROM must be .*needed with RUNCTL_SMTP_URL/) },
    ]);
    expect(of('secrets')).toMatchObject([
      { state: 'problem', found: expect.stringMatching(/sealed with the key .* RUNCTL_SECRETS_KEY is not set/) },
    ]);
    expect(of('egress')).toMatchObject([{ found: expect.stringContaining('this machine, by runctl dev') }]);
    expect(of('integrity')).toMatchObject([{ found: expect.stringMatching(/^sound, [1-9]\d* kB$/) }]);
    home.remove();
  });

  it('finds a folder that others may enter, a damaged database, and a port that is taken', async () => {
    const home = bareFolder();
    const folder = home.options[1] ?? '';
    await runCommand('migrate', ...home.options);
    chmodSync(folder, 0o755);
    const database = openSync(join(folder, 'runctl.db'), 'r+');
    writeSync(database, Buffer.alloc(8_192, 7), 0, 8_192, 3 * 4_096);
    closeSync(database);
    const other = createServer((_request, response) => response.writeHead(404).end());
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const port = String((other.address() as AddressInfo).port);
    const { code, output } = await runCommand('doctor', '--port', port, '--json', ...home.options);
    const findings = JSON.parse(output) as Finding[];
    expect(code).toBe(1);
    expect(findings.filter(({ advice }) => advice !== null)).toMatchObject([
      { check: 'folder', state: 'warning', advice: `chmod 700 ${folder}` },
      { check: 'integrity', state: 'problem', advice: expect.stringContaining('restore the last good backup') },
      { check: 'port', state: 'problem', found: `another program listens at 127.0.0.1:${port}` },
      { check: 'providers', state: 'warning' },
    ]);
    await new Promise((resolve) => other.close(resolve));
    home.remove();
  });

  it('asks providers only when it may, and tells a refused key from one that is taken', async () => {
    const home = bareFolder();
    let asked = 0;
    const provider = createServer((request, response) => {
      asked += 1;
      const isGood = request.headers.authorization === 'Bearer good-key';
      response.writeHead(isGood ? 200 : 401, { 'content-type': 'application/json' }).end('{"data":[]}');
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`;
    given({ OPENAI_API_KEY: 'bad-key', OPENAI_BASE_URL: url });
    given({ OPENAI_COMPATIBLE_API_KEY: 'good-key', OPENAI_COMPATIBLE_BASE_URL: url });
    const offline = await examine(...home.options);
    expect(offline.of('providers')).toMatchObject([
      { state: 'ok', found: 'openai, openai-compatible; --online asks them' },
    ]);
    expect(asked).toBe(0);
    const online = await examine('--online', ...home.options);
    expect(online.code).toBe(1);
    expect(online.of('provider openai')).toMatchObject([{ state: 'problem', found: 'refuses the key with 401' }]);
    expect(online.of('provider openai-compatible')).toMatchObject([{ state: 'ok' }]);
    expect(online.text).not.toMatch(/bad-key|good-key/);
    await new Promise((resolve) => provider.close(resolve));
    home.remove();
  });

  it('changes nothing: a folder that is not there stays away', async () => {
    const home = bareFolder();
    await examine(...home.options);
    expect(() => statSync(home.options[1] ?? '')).toThrow('ENOENT');
    mkdirSync(home.options[1] ?? '');
    await examine(...home.options);
    expect(() => statSync(join(home.options[1] ?? '', 'runctl.lock'))).toThrow('ENOENT');
    home.remove();
  });
});

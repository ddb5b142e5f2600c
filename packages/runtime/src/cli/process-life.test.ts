import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runctl } from '@runctl/sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HeardProcess, hearCommand } from '../heard-process.test-rig.ts';

let folder: string;
let running: HeardProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-life-'));
});
afterEach(async () => {
  for (const one of running) one.signal('SIGKILL');
  await Promise.all(running.map(({ exited }) => exited));
  running = [];
  rmSync(folder, { recursive: true, force: true });
});

/** A mistake that nobody catches, at a signal: what a bug in a timer or a socket's listener comes to. */
const mistake = (statement: string) => [
  '--import',
  `data:text/javascript,process.on('SIGUSR2', () => { ${encodeURIComponent(statement)} })`,
];

async function start(env: Record<string, string> = {}, within: readonly string[] = []): Promise<HeardProcess> {
  const one = await hearCommand(['dev', '--port', '0', '--data', folder, '--json'], { env, within });
  running.push(one);
  await one.says(/"url":"([^"]+)"/);
  return one;
}

async function beginSlowTask(client: Runctl): Promise<void> {
  const rules = [{ when: {}, reply: { text: 'Done.', delayMs: 600_000 } }];
  const { id: agentId } = await client.agents.create({
    ...{ name: 'Slow', type: 'reactive', modelProvider: 'simulated', model: 'scripted', systemPrompt: '' },
    metadata: { simulation: { rules } },
  });
  await client.agents.deploy(agentId);
  const { id } = await client.tasks.create({ agentId, input: { payload: { message: 'Take your time.' } } });
  await expect.poll(async () => (await client.tasks.getById(id)).status).toBe('running');
}

describe('a process of the runtime', () => {
  it.each([
    ['an exception that nobody caught', `throw new RangeError('a bug')`],
    ['a rejection that nobody handled', `Promise.reject(new RangeError('a bug'))`],
  ])('logs %s, leaves in order and ends with 1', async (_title, statement) => {
    const one = await start({ RUNCTL_LOG_FORMAT: 'json', RUNCTL_LOG_LEVEL: 'info' }, mistake(statement));
    one.signal('SIGUSR2');
    expect(await one.exited).toBe(1);
    const lines = one.errors
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ message }) => message)).toEqual(['uncaught exception', 'stopping', 'stopped']);
    expect(lines[0]).toMatchObject({ level: 'error', error: { name: 'RangeError', message: 'a bug' } });
    // Left in order: the folder is free for the next one.
    const next = await start();
    next.signal('SIGTERM');
    expect(await next.exited).toBe(0);
  });

  it('that cannot start for a reason that nobody has foreseen says so and ends with 1', async () => {
    writeFileSync(join(folder, 'runctl.lock'), '');
    mkdirSync(join(folder, 'runctl.db'));
    const one = await hearCommand(['dev', '--port', '0', '--data', folder]);
    expect(await one.exited).toBe(1);
    expect(one.errors).toContain('uncaught exception');
  });

  it('ends with 74 on a database that is none, and says what to do, as each command of the operator does', async () => {
    writeFileSync(join(folder, 'runctl.db'), randomBytes(20_000));
    const advice = /^runctl: The database is damaged: .*runctl doctor.*runctl restore\.\n$/;
    for (const args of [
      ['dev', '--port', '0'],
      ['keys', 'list'],
      ['tenants', 'list'],
      ['migrate'],
      ['backup', 'x.db'],
    ]) {
      const one = await hearCommand([...args, '--data', folder]);
      expect([args[0], await one.exited]).toEqual([args[0], 74]);
      expect(one.errors).toMatch(advice);
    }
  });

  it('ends with 0 where it is told to end, and says so where it is asked to', async () => {
    const one = await start({ RUNCTL_LOG_LEVEL: 'info' });
    one.signal('SIGTERM');
    expect(await one.exited).toBe(0);
    expect(one.errors).toMatch(/^[\d:.]{12} info {2}stopping reason=SIGTERM\n[\d:.]{12} info {2}stopped\n$/);
  });

  it('says what it waits for at Ctrl+C, for how long, and how not to wait', async () => {
    const one = await start({ RUNCTL_GRACE_SECONDS: '600' });
    const { url: baseUrl, apiKey } = JSON.parse(one.output) as { url: string; apiKey: string };
    await beginSlowTask(new Runctl({ baseUrl, apiKey }));
    one.signal('SIGINT');
    await one.says(/^stopping: up to 600 s for 1 task under way; Ctrl\+C again ends it now$/m);
    one.signal('SIGINT');
    expect(await one.exited).toBe(130);
  });

  it('is quiet on a terminal of a developer until something goes wrong', async () => {
    const one = await start();
    const url = JSON.parse(one.output).url as string;
    await fetch(`${url}/v1/whoami`);
    one.signal('SIGTERM');
    await one.exited;
    expect(one.errors).toBe('');
  });

  it('refuses a word that the log does not know', async () => {
    const one = await hearCommand(['dev', '--data', folder], { env: { RUNCTL_LOG_LEVEL: 'loud' } });
    expect(await one.exited).toBe(1);
    expect(one.errors).toBe('runctl: RUNCTL_LOG_LEVEL must be one of silent, error, warn, info, debug.\n');
  });

  it('lives on where nobody reads what it logs any more', async () => {
    const one = await start({ RUNCTL_LOG_LEVEL: 'debug' });
    const { url } = JSON.parse(one.output) as { url: string };
    one.stopReading();
    for (let at = 0; at < 5; at += 1) expect((await fetch(`${url}/v1/whoami`)).status).toBe(401);
    one.signal('SIGTERM');
    expect(await one.exited).toBe(0);
  });

  it('warns that the event loop was blocked', async () => {
    const block = 'const until = Date.now() + 2500; while (Date.now() < until);';
    const one = await start({}, mistake(block));
    // The first look comes a second after the start.
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    one.signal('SIGUSR2');
    const [, blockedMs] = await one.says(/the event loop was blocked blockedMs=(\d+)/);
    expect(Number(blockedMs)).toBeGreaterThan(1_000);
  });
});

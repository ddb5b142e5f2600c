import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runctl } from '@runctl/sdk';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FrontDoor, openFrontDoor, simulatedAgent, startToyWorker } from '../http/front-door.test-rig.ts';
import { createRuntime } from '../runtime.ts';
import { type RuntimeProcess, startRuntimeProcess } from '../runtime-process.test-rig.ts';
import type { Store } from '../store/store.ts';
import { expectInvariants } from './home-reader.test-rig.ts';
import { castStory, expectStory, playStory, scriptedAgent, startToolServer } from './story.test-rig.ts';

const input = { payload: { message: 'Go.' } };
const full = { status: 507, body: { code: 'store.full', retryable: false, status: 507 } };

/** The database may grow by so many pages and no further: to SQLite, its disk is full. */
async function leaveRoom(store: Store, pages: number): Promise<void> {
  await store.write(async ({ query }) => {
    const { rows } = await sql<{ page_count: number }>`PRAGMA page_count`.execute(query);
    await sql`PRAGMA max_page_count = ${sql.lit((rows[0]?.page_count ?? 0) + pages)}`.execute(query);
  });
}

describe('while the disk of the embedded home is full (R53)', () => {
  let door: FrontDoor;
  let agentId: string;
  beforeEach(async () => {
    door = await openFrontDoor();
    agentId = (await door.call('POST /v1/agents', { body: simulatedAgent })).body.id;
    await door.call(`POST /v1/agents/${agentId}/deploy`);
  });
  afterEach(() => door.close());

  const large = { payload: { message: 'x'.repeat(20_000) } };

  test('a write is refused with 507 and leaves nothing, reading works, and with room it is taken again', async () => {
    await leaveRoom(door.store, 0);
    const key = { 'idempotency-key': 'same' };
    const body = { agentId, input: large };
    expect(await door.call('POST /v1/tasks', { body, headers: key })).toMatchObject(full);
    expect(await door.call('GET /v1/tasks')).toMatchObject({ status: 200, body: { data: [] } });
    await leaveRoom(door.store, 10_000);
    // The refused request has burnt no key.
    const created = await door.call('POST /v1/tasks', { body, headers: key });
    expect(created).toMatchObject({ status: 201, headers: expect.anything() });
    expect(created.headers.get('idempotent-replayed')).toBeNull();
    startToyWorker(door.store);
    await expect.poll(async () => (await door.call(`GET /v1/tasks/${created.body.id}`)).body.status).toBe('completed');
  });

  test('writes that share the commit of one that does not fit are refused for the same reason, and none is half there', async () => {
    await leaveRoom(door.store, 8);
    const asked = Array.from({ length: 12 }, () => door.call('POST /v1/tasks', { body: { agentId, input: large } }));
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(new Set(statuses.filter((status) => status !== 201))).toEqual(new Set([507]));
    const { pagination } = (await door.call('GET /v1/tasks?page=1')).body;
    expect(pagination.total).toBe(statuses.filter((status) => status === 201).length);
  });

  test('the SDK asks once: no retry makes room', async () => {
    let requests = 0;
    const fetch: typeof globalThis.fetch = async (url, init) => {
      requests += 1;
      return door.app.fetch(new Request(url, init));
    };
    const client = new Runctl({ apiKey: door.apiKey, baseUrl: 'https://runctl.test', fetch });
    await leaveRoom(door.store, 0);
    await expect(client.tasks.create({ agentId, input: large })).rejects.toMatchObject({
      code: 'store.full',
      status: 507,
      retryable: false,
    });
    expect(requests).toBe(1);
  });
});

const canMount = spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs tmpfs /mnt']).status === 0;

describe('a disk that fails under runctl dev (R53)', () => {
  let folder: string;
  let runtime: RuntimeProcess | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'runctl-disk-'));
  });
  afterEach(async () => {
    await runtime?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  test.skipIf(!canMount)(
    'when it is full, tasks wait for room; then they go on, and nothing that was acknowledged is lost',
    async () => {
      const script = 'mount -t tmpfs -o size=16m tmpfs "$0" && exec "$@"';
      const started = await startRuntimeProcess(folder, { within: ['unshare', '-rm', 'sh', '-c', script, folder] });
      runtime = started;
      const client = new Runctl({ apiKey: started.apiKey ?? '', baseUrl: started.url, retries: 0 });
      const agent = await scriptedAgent(client, [{ when: {}, reply: { text: 'done', delayMs: 500 } }]);
      const before = await client.tasks.create({ agentId: agent.id, input });
      // The folder as the process sees it.
      const filler = join(`/proc/${started.pid}/root`, folder, 'filler');
      try {
        writeFileSync(filler, Buffer.alloc(32 * 2 ** 20));
      } catch (error) {
        expect((error as { code: string }).code).toBe('ENOSPC');
      }
      const message = 'x'.repeat(100_000);
      const refused = await untilRefused(() =>
        client.tasks.create({ agentId: agent.id, input: { payload: { message } } }),
      );
      expect(refused).toMatchObject({ status: 507, code: 'store.full' });
      expect((await client.tasks.getById(before.id)).id).toBe(before.id);
      execFileSync('rm', [filler]);
      const after = await client.tasks.create({ agentId: agent.id, input });
      for (const { id } of [before, after]) {
        expect(await client.tasks.waitForCompletion(id, { timeoutMs: 120_000 })).toMatchObject({ status: 'completed' });
      }
    },
  );

  test('when it cannot sync, the process ends and says so; the next one goes on from the log', async () => {
    const tool = await startToolServer();
    const prepared = await createRuntime({ folder, egressAllow: ['127.0.0.1'] });
    const apiKey = prepared.newApiKey ?? '';
    const fetch: typeof globalThis.fetch = (url, init) => prepared.fetch(new Request(url, init));
    const agentId = await castStory(new Runctl({ apiKey, baseUrl: 'https://runctl.test', fetch }), tool.url);
    await prepared.stop();
    let current = startRuntimeProcess(folder, { fault: { commit: 6, fault: 'failed-sync' } });
    const ended = current.then(async ({ exited }) => {
      const code = await exited;
      current = startRuntimeProcess(folder);
      return code;
    });
    const stage = async () => new Runctl({ apiKey, baseUrl: (await current).url, retries: 0 });
    const done = await playStory(stage, agentId, 'story');
    expect(await ended).toBe(74);
    runtime = await current;
    await expectStory(await stage(), done, tool.keys);
    await expectInvariants({ folder }, { acknowledged: [done.id] });
    await tool.close();
  });
});

async function untilRefused(ask: () => Promise<unknown>): Promise<unknown> {
  for (;;) {
    try {
      await ask();
    } catch (error) {
      return error;
    }
  }
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runctl } from '@runctl/sdk';
import { findPostgres, startPostgres } from '@runctl/testkit';
import { describe, expect, test } from 'vitest';
import { createRuntime } from '../runtime.ts';
import { type DataPlace, expectInvariants } from './home-reader.test-rig.ts';
import { scriptedAgent } from './story.test-rig.ts';

const hourMs = 3_600_000;
const bin = findPostgres();
const input = { payload: { message: 'Go.' } };

describe('clocks that are wrong (R54)', () => {
  test.each([hourMs, -hourMs])(
    'one that jumps by %i ms fails no task, starts none twice, and forgets no key',
    async (jump) => {
      const folder = mkdtempSync(join(tmpdir(), 'runctl-clock-'));
      let offset = 0;
      const now = () => Date.now() + offset;
      const runtime = await createRuntime({ folder, now });
      const fetch: typeof globalThis.fetch = (url, init) => runtime.fetch(new Request(url, init));
      const client = new Runctl({ apiKey: runtime.newApiKey ?? '', baseUrl: 'https://runctl.test', fetch });
      const agent = await scriptedAgent(client, [{ when: {}, reply: { text: 'done', delayMs: 700 } }]);
      const body = { agentId: agent.id, input };
      const running = await client.tasks.create(body, { idempotencyKey: 'before' });
      const scheduledFor = new Date(now() + hourMs / 2).toISOString();
      const scheduled = await client.tasks.create({ ...body, scheduledFor });
      await expect.poll(async () => (await client.tasks.getById(running.id)).status).toBe('running');
      offset = jump;
      expect((await client.tasks.create(body, { idempotencyKey: 'before' })).id).toBe(running.id);
      expect(await client.tasks.waitForCompletion(running.id)).toMatchObject({ status: 'completed', attempt: 1 });
      // Late is possible, early and twice are not.
      offset = hourMs;
      expect(await client.tasks.waitForCompletion(scheduled.id)).toMatchObject({ status: 'completed', attempt: 1 });
      await runtime.stop(0);
      await expectInvariants({ folder }, { acknowledged: [running.id, scheduled.id], now: now() });
      rmSync(folder, { recursive: true });
    },
  );

  test.skipIf(bin === undefined)('two processes five minutes apart take no task from each other', async () => {
    const postgres = await startPostgres(bin ?? '');
    const databaseUrl = postgres.createDatabase();
    const place: DataPlace = { databaseUrl };
    const early = await createRuntime({ databaseUrl, now: () => Date.now() - 300_000, slots: 4 });
    const late = await createRuntime({ databaseUrl, now: () => Date.now() + 300_000, slots: 4 });
    const fetch: typeof globalThis.fetch = (url, init) => early.fetch(new Request(url, init));
    const client = new Runctl({ apiKey: early.newApiKey ?? '', baseUrl: 'https://runctl.test', fetch });
    const agent = await scriptedAgent(client, [{ when: {}, reply: { text: 'done', delayMs: 300 } }]);
    const tasks = await client.tasks.createBatch({
      tasks: Array.from({ length: 12 }, () => ({ agentId: agent.id, input })),
    });
    const done = await Promise.all(tasks.map(({ id }) => client.tasks.waitForCompletion(id, { timeoutMs: 120_000 })));
    expect(done.map(({ status, attempt }) => `${status} ${attempt}`)).toEqual(done.map(() => 'completed 1'));
    await Promise.all([early.stop(0), late.stop(0)]);
    await expectInvariants(place, { acknowledged: tasks.map(({ id }) => id) });
    await postgres.stop();
  });
});

import { Runctl } from '@runctl/sdk';
import {
  findPostgres,
  type PostgresProxy,
  type PostgresServer,
  startPostgres,
  startPostgresProxy,
} from '@runctl/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRuntime } from '../runtime.ts';
import { expectInvariants } from './home-reader.test-rig.ts';
import { scriptedAgent } from './story.test-rig.ts';

const bin = findPostgres();

describe.skipIf(bin === undefined)('a worker that stalls in the middle of a transaction (R55)', () => {
  let postgres: PostgresServer;
  let proxy: PostgresProxy;
  beforeAll(async () => {
    postgres = await startPostgres(bin ?? '');
    proxy = await startPostgresProxy();
  });
  afterAll(async () => {
    await proxy.close();
    await postgres.stop();
  });

  test('keeps the others from claiming for seconds at most, and its late commit changes nothing', async () => {
    const databaseUrl = postgres.createDatabase();
    const onError = () => undefined;
    const api = await createRuntime({ databaseUrl, slots: 0, onError });
    const fetch: typeof globalThis.fetch = (input, init) => api.fetch(new Request(input, init));
    const client = new Runctl({ apiKey: api.newApiKey ?? '', baseUrl: 'https://runctl.test', fetch });
    const stalled = await createRuntime({ databaseUrl: proxy.through(databaseUrl), onError });
    const agent = await scriptedAgent(client, [{ when: {}, reply: { text: 'done' } }]);
    await expect.poll(async () => (await client.agents.getById(agent.id)).replicas.ready).toBe(4);
    // Of all that this worker writes while nothing else is to be done, the next is its claim.
    const isStalled = new Promise<void>((resolve) => {
      proxy.plan({ commit: 1, moment: 'before', fault: 'stall', onMet: resolve });
    });
    const task = await client.tasks.create({ agentId: agent.id, input: { payload: { message: 'Go.' } } });
    await isStalled;
    const other = await createRuntime({ databaseUrl, onError });
    const done = await client.tasks.waitForCompletion(task.id, { timeoutMs: 120_000 });
    expect(done).toMatchObject({ status: 'completed', result: 'done', attempt: 1 });
    proxy.refuse(true);
    await Promise.all([api, other, stalled].map((runtime) => runtime.stop(0).catch(onError)));
    await expectInvariants({ databaseUrl }, { acknowledged: [task.id] });
  });
});

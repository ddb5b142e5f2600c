import {
  findPostgres,
  type PostgresProxy,
  type PostgresServer,
  startPostgres,
  startPostgresProxy,
} from '@runctl/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TaskRow } from '../schema.ts';
import type { Store } from '../store.ts';
import { agentRow, taskRow } from '../task-row.test-rig.ts';
import { openPostgresStore } from './postgres-store.ts';
import { comeBackMs } from './worker-lease.ts';

const bin = findPostgres();

describe.skipIf(bin === undefined)('a worker that stands in for another', () => {
  let postgres: PostgresServer;
  let proxy: PostgresProxy;
  beforeAll(async () => {
    postgres = await startPostgres(bin ?? '');
    proxy = await startPostgresProxy();
    // A server that has just started gives all workers time to come back.
    await new Promise((resolve) => setTimeout(resolve, comeBackMs));
  });
  afterAll(async () => {
    await proxy.close();
    await postgres.stop();
  });

  function claimWith(store: Store, owner: string): TaskRow[] {
    const claimed: TaskRow[] = [];
    store.startClaiming({
      owner,
      freeSlots: () => 1,
      pick: (lanes) => lanes.flatMap(({ heads }) => heads.map(({ taskId }) => taskId)),
      deliver: (tasks) => claimed.push(...tasks),
      holds: () => true,
    });
    return claimed;
  }

  const startedAgo = [
    { when: 'before it starts', waitMs: 0 },
    { when: 'a second after it has started', waitMs: 1_200 },
  ];

  test.each(startedAgo)('takes over at once where that one dies $when', { retry: 3 }, async ({ waitMs }) => {
    const url = postgres.createDatabase();
    const stores = [await openPostgresStore({ url: proxy.through(url) })];
    const [dying] = stores;
    await dying?.write(async ({ query, insertTasks }) => {
      await query.insertInto('agents').values(agentRow()).execute();
      await insertTasks([taskRow('tsk_1')]);
    });
    const before = claimWith(dying as Store, 'wrk_1');
    await expect.poll(() => before.map(({ id }) => id)).toEqual(['tsk_1']);
    if (waitMs === 0) proxy.refuse(true);
    const store = await openPostgresStore({ url });
    stores.push(store);
    const after = claimWith(store, 'wrk_2');
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    proxy.refuse(true);
    const diedAt = performance.now();
    await expect.poll(() => after.map(({ epoch }) => epoch), { interval: 20 }).toEqual([2]);
    // It gives no time to come back; a busy machine may explain one that is late.
    expect(performance.now() - diedAt).toBeLessThan(comeBackMs);
    proxy.refuse(false);
    await Promise.all(stores.map((each) => each.close()));
  });
});

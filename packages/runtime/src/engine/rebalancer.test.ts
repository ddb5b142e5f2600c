import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../store/store.ts';
import { type StoreHome, sqliteHome } from '../store/store-homes.test-rig.ts';
import { Rebalancer } from './rebalancer.ts';

let home: StoreHome;
let store: Store;
let taken: string[];
let rebalancer: Rebalancer;
beforeEach(async () => {
  home = await sqliteHome();
  store = await home.open();
  taken = [];
  rebalancer = new Rebalancer({
    store,
    workerId: 'wrk_here',
    takeOver: async ({ id, tenantId }, from) => void taken.push(`${id} of ${tenantId} from ${from.join()}`),
  });
});
afterEach(async () => {
  await store.close();
  await home.remove();
});

const come = (id: string, slots: number | null = 8) =>
  store.write(({ query }) =>
    query
      .insertInto('workers')
      .values({ id, host: 'h', pid: 1, lock_key: 1, started_at: 1, heartbeat_at: 1, slots })
      .execute(),
  );
const go = (id: string) => store.write(({ query }) => query.deleteFrom('workers').where('id', '=', id).execute());
const hold = (agentId: string, workerId: string, ...slotIds: string[]) =>
  store.write(({ query }) =>
    query
      .insertInto('instances')
      .values(
        slotIds.map((id) => ({
          id,
          tenant_id: 'tnt_1',
          agent_id: agentId,
          agent_version: 1,
          generation: 'dep_1',
          status: 'ready',
          worker_id: workerId,
          host: 'h',
          current_task_id: null,
          completed_tasks: 0,
          failed_tasks: 0,
          provider_errors: 0,
          restarts: 0,
          started_at: 1,
          heartbeat_at: 1,
          finished_at: null,
        })),
      )
      .execute(),
  );
async function look(times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await rebalancer.look();
}

describe('a worker that looks for its share', () => {
  it('takes it over once the workers have been the same for a while, and then rests', async () => {
    await come('wrk_far');
    await come('wrk_here');
    await hold('agt_1', 'wrk_far', 'ins_1', 'ins_2', 'ins_3', 'ins_4');
    await look(3);
    expect(taken).toEqual([]);
    await look(1);
    expect(taken).toEqual(['agt_1 of tnt_1 from wrk_far,wrk_far']);
    await look(10);
    expect(taken).toHaveLength(1);
    rebalancer.note();
    await look(1);
    expect(taken).toHaveLength(2);
  });

  it('takes nothing over while another one comes and goes', async () => {
    await come('wrk_far');
    await come('wrk_here');
    await hold('agt_1', 'wrk_far', 'ins_1', 'ins_2', 'ins_3', 'ins_4');
    for (let round = 0; round < 5; round += 1) {
      await come('wrk_unsteady');
      await look(2);
      await go('wrk_unsteady');
      await look(2);
    }
    expect(taken).toEqual([]);
  });

  it('leaves what is due to others, and takes nothing that takes nothing more', async () => {
    await come('wrk_far');
    await come('wrk_here', 0);
    await come('wrk_old', null);
    await hold('agt_1', 'wrk_far', 'ins_1', 'ins_2', 'ins_3', 'ins_4');
    await look(10);
    expect(taken).toEqual([]);
  });

  it('tries again where it failed', async () => {
    await come('wrk_far');
    await come('wrk_here');
    await hold('agt_1', 'wrk_far', 'ins_1', 'ins_2');
    let tries = 0;
    const failing = new Rebalancer({
      store,
      workerId: 'wrk_here',
      takeOver: async () => {
        tries += 1;
        throw new RangeError('away');
      },
    });
    for (let time = 0; time < 10; time += 1) await failing.look().catch(() => undefined);
    expect(tries).toBeGreaterThan(1);
  });
});

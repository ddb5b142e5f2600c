import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Look, Lookouts } from './lookouts.ts';
import { openOperatorHome } from './operator/open-operator-home.ts';
import type { Store } from './store.ts';
import { type StoreHome, stopHomes, storeHomes } from './store-homes.test-rig.ts';
import { agentRow, taskRow } from './task-row.test-rig.ts';

const hourMs = 3_600_000;

/** Counts its looks; `answers` are what the next ones give, or throw. */
function counted(answers: readonly (number | Error | undefined)[] = []) {
  const left = [...answers];
  const looks = { made: 0 };
  const look = async () => {
    looks.made += 1;
    const answer = left.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { looks, look };
}

describe('looks that rest', () => {
  let offset: number;
  let lookouts: Lookouts;
  const now = () => Date.now() + offset;

  beforeEach(() => {
    offset = 0;
    lookouts = new Lookouts({ now, restMs: hourMs });
  });
  afterEach(() => lookouts.close());

  /** One that nothing but what a test does makes look again. */
  async function atRest(change: Partial<Look> = {}) {
    const { looks, look } = counted();
    const lookout = lookouts.add({ look, everyMs: 1, ...change });
    await expect.poll(() => looks.made).toBe(1);
    return { looks, lookout };
  }

  test('are made once more for news that comes while nobody looks, and for none that nobody tells', async () => {
    const { looks } = await atRest();
    // The beat of another one, by which to see that the first one rests.
    const beats = counted();
    lookouts.add({ look: async () => (await beats.look()) ?? now() + 1, everyMs: 1 });
    await expect.poll(() => beats.looks.made).toBeGreaterThan(5);
    expect(looks.made).toBe(1);
    lookouts.tell();
    await expect.poll(() => looks.made).toBe(2);
  });

  test('are made again for news that comes during a look', async () => {
    let end: () => void = () => undefined;
    const looks = { made: 0 };
    const look = () => {
      looks.made += 1;
      return new Promise<undefined>((resolve) => {
        end = () => resolve(undefined);
      });
    };
    lookouts.add({ look, everyMs: 1 });
    await expect.poll(() => looks.made).toBe(1);
    lookouts.tell();
    end();
    await expect.poll(() => looks.made).toBe(2);
    end();
  });

  test('are made at the instant that the last one named, however far the clock jumps to it', async () => {
    const { looks, look } = counted([now() + 20, now() + 24 * 30 * hourMs]);
    lookouts.add({ look, everyMs: 1 });
    await expect.poll(() => looks.made).toBe(2);
    offset = 24 * 31 * hourMs;
    await expect.poll(() => looks.made).toBe(3);
  });

  test('are made again after one that failed, which is told', async () => {
    const { looks, look } = counted([new TypeError('away'), new TypeError('away'), undefined]);
    const told: unknown[] = [];
    lookouts.add({ look, everyMs: 1, onError: (error) => told.push(error) });
    await expect.poll(() => looks.made).toBe(3);
    expect(told).toHaveLength(2);
  });

  test('are made at once where they are woken, and after their pause where they are to look again', async () => {
    const { looks, look } = counted();
    const lookout = lookouts.add({ look, everyMs: hourMs });
    lookout.lookAgain();
    lookout.wake();
    await expect.poll(() => looks.made).toBe(1);
    lookout.wake();
    await expect.poll(() => looks.made).toBe(2);
    const quick = await atRest();
    quick.lookout.lookAgain();
    await expect.poll(() => quick.looks.made).toBe(2);
    expect(looks.made).toBe(2);
  });

  test('are made where news is confirmed, whoever told of it', async () => {
    let isWritten = false;
    const confirmed = new Lookouts({ now, restMs: hourMs, confirm: () => isWritten });
    const { looks, look } = counted();
    confirmed.add({ look, everyMs: 1 });
    await expect.poll(() => looks.made).toBe(1);
    isWritten = true;
    await expect.poll(() => looks.made).toBeGreaterThan(1);
    await confirmed.close();
  });

  test('end: what is under way is waited for, and none is made behind it', async () => {
    let isStopped = false;
    let end: () => void = () => undefined;
    const underWay = new Promise<undefined>((resolve) => {
      end = () => resolve(undefined);
    });
    const looks = { made: 0 };
    const lookout = lookouts.add({
      look: () => {
        looks.made += 1;
        return underWay;
      },
      everyMs: 1,
    });
    await expect.poll(() => looks.made).toBe(1);
    lookout.wake();
    const stopped = lookout.stop().then(() => {
      isStopped = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isStopped).toBe(false);
    end();
    await stopped;
    await atRest();
    expect(looks.made).toBe(1);
  });
});

afterAll(stopHomes);

describe.each(storeHomes)('a look on $name that rests for an hour', ({ name, create }) => {
  let home: StoreHome;
  let store: Store;

  beforeEach(async () => {
    home = await create();
    store = await home.open();
  });
  afterEach(async () => {
    await store.close();
    await home.remove();
  });

  const lookOut = (at: Store) => {
    const { looks, look } = counted();
    at.lookOut({ look, everyMs: 1, restMs: hourMs });
    return looks;
  };

  /** What came with the start is over by then. */
  async function writtenHere(looks: { made: number }): Promise<void> {
    await store.write(({ query }) => query.insertInto('agents').values(agentRow()).execute());
    const before = looks.made;
    await expect.poll(() => looks.made).toBeGreaterThan(before);
  }

  test('is made after this process has written, though that is no news to others', async () => {
    const looks = lookOut(store);
    await expect.poll(() => looks.made).toBeGreaterThan(0);
    await writtenHere(looks);
  });

  test('is made after an operator’s command has', async () => {
    const looks = lookOut(store);
    await writtenHere(looks);
    const before = looks.made;
    const operator = await openOperatorHome(home.location);
    await operator.write(({ query }) => query.updateTable('agents').set({ name: 'b' }).execute());
    await operator.close();
    await expect.poll(() => looks.made).toBeGreaterThan(before);
  });

  if (name === 'postgres') {
    test('is made after another process has', async () => {
      const other = await home.open();
      const looks = lookOut(other);
      await expect.poll(() => looks.made).toBeGreaterThan(0);
      const before = looks.made;
      await store.write(async ({ insertTasks, wake }) => {
        await insertTasks([taskRow('tsk_1')]);
        wake();
      });
      await expect.poll(() => looks.made).toBeGreaterThan(before);
      await other.close();
    });
  }
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Lane, pick } from './policy.ts';

function lane(tenantId: string, agentId: string, orderKeys: number[], limits: Partial<Lane> = {}): Lane {
  const heads = orderKeys.map((orderKey, index) => ({ taskId: `${agentId}-${index}`, orderKey }));
  return { tenantId, agentId, running: 0, replicas: 100, heads, ...limits };
}

test('a flood of one tenant does not delay the single task of another', () => {
  const flood = lane(
    'a',
    'flood',
    Array.from({ length: 50 }, (_, index) => index),
  );
  expect(pick([flood, lane('b', 'single', [1_000_000])], 2)).toEqual(['flood-0', 'single-0']);
});

test('within a tenant the smallest order key goes first, whichever agent it belongs to', () => {
  expect(pick([lane('a', 'x', [5, 9]), lane('a', 'y', [1, 7])], 3)).toEqual(['y-0', 'x-0', 'y-1']);
});

test('a tenant that holds slots already waits until the others hold as many', () => {
  const busy = lane('a', 'busy', [1, 2], { running: 3 });
  expect(pick([busy, lane('b', 'idle', [9, 10, 11, 12])], 4)).toEqual(['idle-0', 'idle-1', 'idle-2', 'busy-0']);
});

test('a tenant at its limit gets nothing, tasks of its agents without ready work counted; the others go on', () => {
  const limited = { tenantLimit: 3, tenantRunning: 2 };
  const picked = pick([lane('a', 'x', [1, 2, 3], limited), lane('a', 'y', [4], limited), lane('b', 'z', [9])], 9);
  expect(picked.toSorted()).toEqual(['x-0', 'z-0']);
  expect(pick([lane('a', 'x', [1], { tenantLimit: 0 })], 9)).toEqual([]);
});

const lanes = fc.uniqueArray(
  fc.record({
    tenantId: fc.constantFrom('a', 'b', 'c'),
    agentId: fc.uuid(),
    running: fc.nat(5),
    replicas: fc.nat(8),
    orderKeys: fc.array(fc.nat(100), { maxLength: 8 }),
  }),
  { selector: ({ agentId }) => agentId, maxLength: 8 },
);

test('no agent gets more than its replicas, no task is picked twice, and no slot stays empty that could be filled', () => {
  fc.assert(
    fc.property(lanes, fc.nat(30), (drawn, freeSlots) => {
      const all = drawn.map(({ orderKeys, ...rest }) =>
        lane(
          rest.tenantId,
          rest.agentId,
          orderKeys.toSorted((a, b) => a - b),
          rest,
        ),
      );
      const picked = pick(all, freeSlots);
      expect(new Set(picked).size).toBe(picked.length);
      let possible = 0;
      for (const { heads, running, replicas } of all) {
        const spare = Math.min(Math.max(replicas - running, 0), heads.length);
        possible += spare;
        expect(heads.filter(({ taskId }) => picked.includes(taskId)).length).toBeLessThanOrEqual(spare);
      }
      expect(picked.length).toBe(Math.min(possible, freeSlots));
    }),
  );
});

test('no tenant gets more than its limit, and one without a limit is not held back by those that have one', () => {
  const limits = fc.record({ a: fc.nat(6), b: fc.nat(6) });
  fc.assert(
    fc.property(lanes, limits, fc.nat(30), (drawn, limit, freeSlots) => {
      const running = (tenantId: string) =>
        drawn.filter((each) => each.tenantId === tenantId).reduce((sum, each) => sum + each.running, 0);
      const all = drawn.map(({ orderKeys, ...rest }) => {
        const tenantLimit = rest.tenantId === 'a' ? limit.a : rest.tenantId === 'b' ? limit.b : null;
        const heads = orderKeys.toSorted((one, other) => one - other);
        return lane(rest.tenantId, rest.agentId, heads, {
          ...rest,
          tenantLimit,
          tenantRunning: running(rest.tenantId),
        });
      });
      const picked = pick(all, freeSlots);
      const pickedOf = (tenantId: string) =>
        all
          .filter((each) => each.tenantId === tenantId)
          .flatMap(({ heads }) => heads)
          .filter(({ taskId }) => picked.includes(taskId)).length;
      expect(pickedOf('a')).toBeLessThanOrEqual(Math.max(limit.a - running('a'), 0));
      expect(pickedOf('b')).toBeLessThanOrEqual(Math.max(limit.b - running('b'), 0));
      const possible = all
        .filter(({ tenantId }) => tenantId === 'c')
        .reduce((sum, each) => sum + Math.min(Math.max(each.replicas - each.running, 0), each.heads.length), 0);
      if (picked.length < freeSlots) expect(pickedOf('c')).toBe(possible);
    }),
  );
});

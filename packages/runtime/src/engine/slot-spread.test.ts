import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evenMoves, type HeldSlots, SlotSpread, type SpreadWorker } from './slot-spread.ts';

const workers = (...capacities: number[]): SpreadWorker[] =>
  capacities.map((capacity, index) => ({ id: `w${index}`, capacity }));
const held = (agentId: string, ...slots: number[]): HeldSlots[] =>
  slots.map((count, index) => ({ agentId, workerId: `w${index}`, slots: count }));

/** The slots after the moves. */
function settle(among: readonly SpreadWorker[], before: readonly HeldSlots[]) {
  const moves = evenMoves(among, before);
  const moved = moves.flatMap(({ agentId, from, to }) => [
    { agentId, workerId: from, slots: -1 },
    { agentId, workerId: to, slots: 1 },
  ]);
  return { now: [...before, ...moved], moves };
}

const spreadOf = (among: readonly SpreadWorker[], slots: readonly HeldSlots[]) => {
  const spread = new SlotSpread(among);
  for (const each of slots) spread.add(each.workerId, each.slots);
  return spread;
};
const counts = (among: readonly SpreadWorker[], slots: readonly HeldSlots[]) => {
  const spread = spreadOf(among, slots);
  return among.map(({ id }) => spread.held(id));
};

describe('the moves of slots between workers', () => {
  it('give a worker that has come later its share of an agent that the others have alone', () => {
    expect(evenMoves(workers(8, 8, 8), held('a', 3, 3, 0))).toEqual([
      { agentId: 'a', from: 'w0', to: 'w2' },
      { agentId: 'a', from: 'w1', to: 'w2' },
    ]);
    expect(counts(workers(8, 8, 8, 8), settle(workers(8, 8, 8, 8), held('a', 8)).now)).toEqual([2, 2, 2, 2]);
  });

  it('are in proportion to the tasks that a worker may run', () => {
    expect(counts(workers(30, 10), settle(workers(30, 10), held('a', 0, 8)).now)).toEqual([6, 2]);
    expect(evenMoves(workers(256, 8), held('a', 10))).toEqual([]);
  });

  it('are none where the difference is less than a whole slot', () => {
    expect(evenMoves(workers(8, 8), held('a', 1))).toEqual([]);
    expect(evenMoves(workers(8, 8), held('a', 2, 1))).toEqual([]);
    expect(evenMoves(workers(1, 256), held('a', 1))).toEqual([]);
    expect(evenMoves(workers(8, 8, 8), held('a', 1, 1))).toEqual([]);
  });

  it('are some of many agents of one slot each, which a worker would else keep for being the first', () => {
    const singles = ['a', 'b', 'c', 'd'].flatMap((agentId) => held(agentId, 1));
    expect(evenMoves(workers(8, 8), singles)).toHaveLength(2);
  });

  it('give nothing to a worker that takes nothing more', () => {
    expect(evenMoves(workers(8, 0), held('a', 4))).toEqual([]);
    expect(counts(workers(8, 0), settle(workers(8, 0), held('a', 1, 3)).now)).toEqual([4, 0]);
  });

  const worlds = fc
    .array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 5 })
    .chain((capacities) =>
      fc.record({
        among: fc.constant(workers(...capacities)),
        agents: fc.array(
          fc.array(fc.integer({ min: 0, max: 9 }), { minLength: capacities.length, maxLength: capacities.length }),
          { minLength: 1, maxLength: 5 },
        ),
      }),
    )
    .map(({ among, agents }) => ({ among, before: agents.flatMap((slots, index) => held(`a${index}`, ...slots)) }));

  it('bring every agent to within a slot of its shares, lose none, and come to rest', () => {
    fc.assert(
      fc.property(worlds, ({ among, before }) => {
        const { now } = settle(among, before);
        for (const agentId of new Set(before.map((each) => each.agentId))) {
          const of = (slots: readonly HeldSlots[]) => slots.filter((each) => each.agentId === agentId);
          const spread = spreadOf(among, of(now));
          const sum = (all: number[]) => all.reduce((total, each) => total + each, 0);
          expect(sum(counts(among, of(now)))).toBe(sum(counts(among, of(before))));
          for (const { id } of among) expect(Math.abs(spread.excess(id))).toBeLessThan(1);
          for (const { id } of among) expect(spread.held(id)).toBeGreaterThanOrEqual(0);
        }
        expect(evenMoves(among, now)).toEqual([]);
      }),
    );
  });

  it('are no more than it takes', () => {
    fc.assert(
      fc.property(worlds, ({ among, before }) => {
        const only = before.filter(({ agentId }) => agentId === 'a0');
        const spread = spreadOf(among, only);
        let tooMany = 0;
        let tooFew = 0;
        for (const { id } of among) {
          tooMany += Math.max(spread.held(id) - Math.ceil(spread.share(id)), 0);
          tooFew += Math.max(Math.floor(spread.share(id)) - spread.held(id), 0);
        }
        expect(settle(among, only).moves).toHaveLength(Math.max(tooMany, tooFew));
      }),
    );
  });
});

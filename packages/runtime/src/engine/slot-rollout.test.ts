import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  moveSlots,
  operationTransitions,
  type Slot,
  type SlotWorker,
  slotTransitions,
  takeOver,
} from './slot-rollout.ts';

const here: SlotWorker = { id: 'here', isHere: true, capacity: 8 };
const far: SlotWorker = { id: 'far', isHere: false, capacity: 8 };
const slot = (id: string, change: Partial<Slot> = {}): Slot => ({
  id,
  generation: 'one',
  workerId: 'far',
  status: 'ready',
  isBusy: false,
  restarts: 0,
  ...change,
});

function move(slots: Slot[], wanted: Partial<Parameters<typeof moveSlots>[0]['wanted']>, workers = [far]) {
  let made = 0;
  return moveSlots({
    slots,
    workers,
    wanted: { replicas: 2, generation: 'two', strategy: 'rolling', ...wanted },
    newId: () => {
      made += 1;
      return `new${made}`;
    },
  });
}
const states = ({ slots }: { slots: Slot[] }) => slots.map(({ id, status }) => `${id} ${status}`);
/** What a worker says of its own slots. */
const taken = ({ slots }: { slots: Slot[] }) =>
  slots.map((each): Slot => (each.status === 'starting' ? { ...each, status: 'ready' } : each));

describe('a rollout', () => {
  it('goes only where the description above it says', () => {
    const text =
      readFileSync(new URL('./slot-rollout.ts', import.meta.url), 'utf8').split('/** What a slot may')[0] ?? '';
    for (const status of [...Object.keys(slotTransitions), ...Object.keys(operationTransitions)]) {
      expect(text).toContain(status);
    }
    const [drawn = ''] = text.split('\n').filter((line) => line.includes('-->') && line.includes('draining'));
    expect(drawn.match(/[a-z]+(?= --)|(?<=--> )[a-z]+/g)).toEqual(
      expect.arrayContaining(['starting', 'ready', 'draining', 'stopped']),
    );
  });

  it('has a new slot ready before an old one drains, one after the other', () => {
    let now = move([slot('a'), slot('b')], {});
    expect(states(now)).toEqual(['a ready', 'b ready', 'new1 starting']);
    expect(now.isDone).toBe(false);
    now = move(taken(now), {});
    expect(states(now)).toEqual(['a stopped', 'b ready', 'new1 ready', 'new1 starting']);
    now = move(taken(now), {});
    expect(states(now).filter((each) => !each.startsWith('new'))).toEqual(['a stopped', 'b stopped']);
    expect(now.isDone).toBe(true);
  });

  it('changes all at once where asked to', () => {
    const now = move([slot('a'), slot('b', { isBusy: true })], { strategy: 'immediate' });
    expect(states(now)).toEqual(['a stopped', 'b draining', 'new1 starting', 'new2 starting']);
  });

  it('is done in one go where the slots are in this process, and counts the restart', () => {
    const old = [slot('a', { workerId: 'here', restarts: 2 }), slot('b', { workerId: 'here', isBusy: true })];
    const now = move(old, {}, [here]);
    expect(states(now)).toEqual(['a stopped', 'b draining', 'new1 ready', 'new2 ready']);
    expect(now.isDone).toBe(true);
    expect(now.slots[2]?.restarts).toBe(3);
  });

  it('takes the newest idle slots away first, and starts many at once where none has to go', () => {
    const two = { generation: 'two' } as const;
    const fewer = move([slot('a', { ...two, isBusy: true }), slot('b', two), slot('c', two)], { replicas: 1 });
    expect(states(fewer)).toEqual(['a ready', 'b stopped', 'c stopped']);
    expect(states(move([slot('a', two)], { replicas: 3 }))).toEqual(['a ready', 'new1 starting', 'new2 starting']);
    expect(states(move([slot('a', { status: 'starting', ...two })], { replicas: 0 }))).toEqual(['a stopped']);
  });

  it('replaces what a lost worker held, on the worker with the fewest', () => {
    const two = { generation: 'two' } as const;
    const now = move([slot('a', { ...two, workerId: 'gone' }), slot('b', two)], {}, [far, { ...far, id: 'free' }]);
    expect(states(now)).toEqual(['a lost', 'b ready', 'new1 starting']);
    expect(now.slots[2]?.workerId).toBe('free');
    expect(move([slot('b', two)], {}, []).isDone).toBe(false);
  });

  it('gives each worker slots in proportion to the tasks that it may run, and takes them where most are', () => {
    const workers = [
      { ...far, capacity: 24 },
      { ...far, id: 'small' },
    ];
    const placed = move([], { replicas: 4 }, workers).slots.map(({ workerId }) => workerId);
    expect(placed.toSorted()).toEqual(['far', 'far', 'far', 'small']);
    const two = { generation: 'two' } as const;
    const fewer = move([slot('a', two), slot('b', two), slot('c', { ...two, workerId: 'small' })], {}, [
      far,
      { ...far, id: 'small' },
    ]);
    expect(states(fewer)).toEqual(['a ready', 'b stopped', 'c ready']);
  });

  it('takes the slots of a worker that takes nothing more, and gives it none', () => {
    const two = { generation: 'two' } as const;
    const slots = [slot('a', two), slot('b', { ...two, isBusy: true }), slot('c', { ...two, status: 'starting' })];
    const now = move(slots, {}, [
      { ...far, capacity: 0 },
      { ...far, id: 'free' },
    ]);
    expect(states(now)).toEqual(['a stopped', 'b draining', 'c stopped', 'new1 starting', 'new2 starting']);
    expect(now.slots[3]?.workerId).toBe('free');
  });
});

describe('a worker that takes slots over', () => {
  const take = (slots: Slot[], replicas: number, from: string[], workers = [far, here]) =>
    takeOver(
      { slots, workers, wanted: { replicas, generation: 'one', strategy: 'rolling' }, newId: () => 'new' },
      from,
    );
  const placesOf = (slots: Slot[]) => slots.map(({ id, status, workerId }) => `${id} ${status} ${workerId}`);

  it('has its own ready at once, and the other drain: an idle one where there is one, and no more than its share', () => {
    const slots = [slot('a', { restarts: 2 }), slot('b', { isBusy: true }), slot('c', { isBusy: true })];
    expect(placesOf(take(slots, 3, ['far']))).toEqual([
      'a stopped far',
      'b ready far',
      'c ready far',
      'new ready here',
    ]);
    expect(take(slots, 3, ['far']).at(-1)).toMatchObject({ isBusy: false, restarts: 2 });
    const busy = slots.map((each) => ({ ...each, isBusy: true }));
    expect(placesOf(take(busy, 3, ['far', 'far', 'far'])).filter((each) => each.includes('here'))).toHaveLength(2);
    expect(placesOf(take(busy, 3, ['far']))).toEqual([
      'a ready far',
      'b ready far',
      'c draining far',
      'new ready here',
    ]);
  });

  it('leaves what is on its way already: another version, a slot that starts, too few of them', () => {
    for (const odd of [
      slot('b', { generation: 'zero' }),
      slot('b', { status: 'starting' }),
      slot('b', { status: 'draining', isBusy: true }),
    ]) {
      const slots = [slot('a'), odd, slot('c')];
      expect(take(slots, 3, ['far'])).toEqual(slots);
    }
    expect(take([slot('a'), slot('b')], 2, ['far'], [far])).toEqual([slot('a'), slot('b')]);
  });
});

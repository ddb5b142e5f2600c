import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SeenIds } from './seen-ids.ts';

it('takes an id of Runctl that is not later than the last one for a repetition', () => {
  const seen = new SeenIds();
  const ids = ['evt_9', 'evt_10', 'evt_9', 'evt_10', 'evt_11', 'evt_1'];
  expect(ids.map((id) => seen.check(id))).toEqual([false, false, true, true, false, true]);
});

it('takes other ids for repetitions only where it has met them, in whatever order they come', () => {
  const uniqueIds = fc.uniqueArray(fc.string().filter((id) => !id.startsWith('evt_')));
  fc.assert(
    fc.property(uniqueIds, (ids) => {
      const seen = new SeenIds();
      expect(ids.map((id) => seen.check(id))).toEqual(ids.map(() => false));
      expect(ids.map((id) => seen.check(id))).toEqual(ids.map(() => true));
    }),
  );
});

it('remembers the latest of other ids alone, so that an endless stream costs no memory', () => {
  const seen = new SeenIds();
  for (let n = 0; n < 5000; n += 1) seen.check(`id-${n}`);
  expect(seen.check('id-4999')).toBe(true);
  expect(seen.check('id-0')).toBe(false);
});

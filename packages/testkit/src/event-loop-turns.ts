import { setImmediate } from 'node:timers/promises';

/** More than enough for what needs this process alone. */
const enough = 100;

/**
 * The error of work that has nothing left to wait for: no timer, and nobody else. It is given so many turns of the event
 * loop and no time: a busy machine makes a turn longer, but does not need more of them.
 */
export async function failsAtOnce(work: Promise<unknown>): Promise<unknown> {
  let end: { error: unknown } | 'well' | undefined;
  work.then(
    () => {
      end = 'well';
    },
    (error: unknown) => {
      end = { error };
    },
  );
  for (let turn = 0; turn < enough && end === undefined; turn += 1) await setImmediate();
  if (end === undefined) throw new RangeError(`Still under way after ${enough} turns of the event loop.`);
  if (end === 'well') throw new RangeError('It ended well, and was expected to fail.');
  return end.error;
}

import { randomFillSync } from 'node:crypto';
import { encodeTime, monotonicFactory } from 'ulid';

/** What an id is of. */
export type IdPrefix =
  | 'tnt'
  | 'key'
  | 'agt'
  | 'dep'
  | 'ins'
  | 'fbk'
  | 'evt'
  | 'tsk'
  | 'act'
  | 'bat'
  | 'req'
  | 'usr'
  | 'inv'
  | 'tem'
  | 'wfd'
  | 'wfl'
  | 'whk'
  | 'whd';

/** Random numbers are drawn in bulk: a draw of its own for each letter was a fiftieth of the time of a request. */
const pool = new Uint32Array(1_024);
let drawn = pool.length;

/** From 0 to below 1. */
function random(): number {
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  const value = pool[drawn] ?? 0;
  drawn += 1;
  return value / 2 ** 32;
}

const nextUlid = monotonicFactory(random);
const idShape = /^[a-z]{3}_[0-9a-z]{26}$/;

/** A fresh id: a prefix and a lower-case ULID, larger than all that this process has made before. */
export function newId(prefix: IdPrefix, now: number): string {
  return `${prefix}_${nextUlid(now).toLowerCase()}`;
}

/** A text that stands before all ids of what is made from this instant on, and behind those of what was made earlier. */
export function idAt(prefix: IdPrefix, instant: number): string {
  return `${prefix}_${encodeTime(Math.max(instant, 0)).toLowerCase()}`;
}

/** Whether a text could be an id of ours; one that could not is never looked up. */
export function isId(text: string): boolean {
  return idShape.test(text);
}

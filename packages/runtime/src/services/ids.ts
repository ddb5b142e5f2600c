import { monotonicFactory } from 'ulid';

/** What an id is of. */
export type IdPrefix = 'tnt' | 'key' | 'agt' | 'dep' | 'tsk' | 'bat' | 'req';

const nextUlid = monotonicFactory();
const idShape = /^[a-z]{3}_[0-9a-z]{26}$/;

/** A fresh id: a prefix and a lower-case ULID, larger than all that this process has made before. */
export function newId(prefix: IdPrefix, now: number): string {
  return `${prefix}_${nextUlid(now).toLowerCase()}`;
}

/** Whether a text could be an id of ours; one that could not is never looked up. */
export function isId(text: string): boolean {
  return idShape.test(text);
}

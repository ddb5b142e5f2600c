import { storeOutage } from '../store-outage.ts';
import { StoreError } from './store-error.ts';

/** What to say of a database that is damaged, or is none; undefined where an error tells of something else. */
export function damagedStore(cause: unknown): StoreError | undefined {
  if (!(cause instanceof Error) || storeOutage(cause) !== 'damaged') return undefined;
  return new StoreError(
    'store.damaged',
    `The database is damaged: ${cause.message}. Look at it with runctl doctor, and put the last good backup into an empty folder or database with runctl restore.`,
    { cause },
  );
}

import { SealedForAnother } from '../store/secret-box.ts';
import { type StoreOutage, storeOutage } from '../store-outage.ts';
import { Failure } from './failure.ts';

/** What a request is told of an outage of the store; undefined where the error is none. */
export function storeFailure(cause: unknown): Failure | undefined {
  if (cause instanceof SealedForAnother) return unreadable(cause);
  const outage = storeOutage(cause);
  return outage === undefined ? undefined : failureOf[outage](cause);
}

/** Another process, which has the key, may answer. */
function unreadable(cause: SealedForAnother): Failure {
  return new Failure('store.unavailable', 'This process cannot open a secret in its database.', {
    cause,
    retryAfterSeconds: 1,
    hint: 'The operator has to give every process the same RUNCTL_SECRETS_KEY; the log has which key is missing.',
  });
}

const failureOf: Readonly<Record<StoreOutage, (cause: unknown) => Failure>> = {
  away: (cause) => new Failure('store.unavailable', 'The database does not answer.', { cause, retryAfterSeconds: 1 }),
  read_only: (cause) =>
    new Failure('store.read_only', 'The database takes no writes now. Reading works.', { cause, retryAfterSeconds: 5 }),
  full: (cause) =>
    new Failure('store.full', 'The disk of the database is full. Nothing was written; reading works.', {
      cause,
      hint: 'The operator has to make room; the runtime goes on by itself then.',
    }),
  damaged: (cause) =>
    new Failure('store.unavailable', 'The database is damaged, or its disk fails: its operator has to look at it.', {
      cause,
      retryAfterSeconds: 5,
    }),
};

import { EgressSettingError } from '../egress/egress-error.ts';
import { ListenFailure } from '../http/server.ts';
import { Failure } from '../services/failure.ts';
import { SettingError } from '../services/operator-key.ts';
import { damagedStore } from '../store/damaged-store.ts';
import { SealedForAnother, SecretsKeyError } from '../store/secret-box.ts';
import { StoreError } from '../store/store-error.ts';
import { CommandFailure } from './command-failure.ts';

/** Failures whose message says all that the user needs. */
const explained = [
  ...[StoreError, ListenFailure, EgressSettingError, SettingError],
  ...[SecretsKeyError, SealedForAnother, Failure],
];

/** As sysexits.h has it: an error of input or output. What starts the process again cannot help by that. */
export const diskFailed = 74;

/** A failure that a user can do something about, as what to say of it; any other error as it is. */
export function explainedFailure(error: unknown): unknown {
  const failure = damagedStore(error) ?? error;
  if (!explained.some((kind) => failure instanceof kind)) return error;
  const isDamage = failure instanceof StoreError && failure.code === 'store.damaged';
  return new CommandFailure((failure as Error).message, isDamage ? diskFailed : 1);
}

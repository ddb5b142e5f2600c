import { isApiKeyShaped } from './api-key-text.ts';

/** A setting that the runtime cannot start with; `message` says what it should be. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/**
 * The operator's key of `RUNCTL_OPERATOR_KEY`; undefined where there is none, and nobody is the operator.
 *
 * @throws {SettingError} It does not look like a key, so it would never be let in. The message does not repeat it.
 */
export function readOperatorKey(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const key = env.RUNCTL_OPERATOR_KEY;
  if (key === undefined || key === '') return undefined;
  if (isApiKeyShaped(key)) return key;
  throw new SettingError('RUNCTL_OPERATOR_KEY must be rctl_ and 32 letters and digits, drawn at random.');
}

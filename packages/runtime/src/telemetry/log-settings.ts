import { SettingError } from '../services/operator-key.ts';
import type { LogFormat, LogLevel } from './log.ts';

/** What the environment says of the log. */
export interface LogSettings {
  level: LogLevel | 'silent';
  format: LogFormat;
}

const levels = ['silent', 'error', 'warn', 'info', 'debug'] as const;
const formats = ['json', 'text'] as const;

/**
 * Reads `RUNCTL_LOG_LEVEL` and `RUNCTL_LOG_FORMAT`.
 *
 * @throws {SettingError} One of them is no word that it knows.
 */
export function readLogSettings(
  env: Readonly<Record<string, string | undefined>>,
  otherwise: LogSettings,
): LogSettings {
  return {
    level: oneOf(levels, 'RUNCTL_LOG_LEVEL', env.RUNCTL_LOG_LEVEL, otherwise.level),
    format: oneOf(formats, 'RUNCTL_LOG_FORMAT', env.RUNCTL_LOG_FORMAT, otherwise.format),
  };
}

function oneOf<Word extends string>(
  words: readonly Word[],
  variable: string,
  value: string | undefined,
  otherwise: Word,
): Word {
  if (value === undefined || value === '') return otherwise;
  const word = words.find((known) => known === value.toLowerCase());
  if (word !== undefined) return word;
  throw new SettingError(`${variable} must be one of ${words.join(', ')}.`);
}

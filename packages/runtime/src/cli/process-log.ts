import { SettingError } from '../services/operator-key.ts';
import { createLog, type Log, type LogFormat, type LogLevel } from '../telemetry/log.ts';
import { readLogSettings } from '../telemetry/log-settings.ts';
import { redactor } from '../telemetry/redact.ts';
import { CommandFailure } from './command-failure.ts';

/**
 * The log of a process, on standard error; standard output is for what a command answers. `dev` is read by a person, who
 * wants to hear of trouble alone; the others write JSON unless somebody watches them on a terminal.
 *
 * @throws {CommandFailure} `RUNCTL_LOG_LEVEL` or `RUNCTL_LOG_FORMAT` is no word that it knows.
 */
export function processLog(command: 'dev' | 'serve' | 'worker'): Log {
  const isWatched = command === 'dev' || process.stderr.isTTY === true;
  const settings = settingsOf(command === 'dev' ? 'warn' : 'info', isWatched ? 'text' : 'json');
  // Whoever read the lines may be gone: that must not end the process.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return createLog({ ...settings, write: (lines) => process.stderr.write(lines), redact: redactor(process.env) });
}

function settingsOf(level: LogLevel, format: LogFormat) {
  try {
    return readLogSettings(process.env, { level, format });
  } catch (error) {
    throw error instanceof SettingError ? new CommandFailure(error.message) : error;
  }
}

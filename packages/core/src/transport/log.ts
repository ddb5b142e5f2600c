import type { Logger, LogLevel } from '../options/logger.ts';

/** Headers that hold no secret whatever their value; of all others only the name is shown. */
const SHOWN =
  /^(accept|content-.*|date|idempoten.*|if-match|last-event-id|ratelimit.*|retry-after|server|user-agent|x-request-id|x-should-retry)$/;

/** What a logger may be told, each level with those before it. */
export const LEVELS: readonly LogLevel[] = ['off', 'error', 'warn', 'info', 'debug'];

/** Writes one message where its level is asked for; its fields are gathered only then. */
export type Log = (level: Exclude<LogLevel, 'off'>, message: string, fields?: () => object) => void;

/** Writes to the caller's logger what its level asks for. A logger that throws ends no call. */
export function logTo(logger: Logger, most: LogLevel): Log {
  return (level, message, fields) => {
    try {
      if (LEVELS.indexOf(level) <= LEVELS.indexOf(most)) logger[level](`runctl: ${message}`, fields?.());
    } catch {
      // The call matters more than its log line.
    }
  };
}

/** Headers as a log may show them. */
export function shownHeaders(headers: Iterable<[string, string]>): Record<string, string> {
  return Object.fromEntries([...headers].map(([name, value]) => [name, SHOWN.test(name) ? value : '***']));
}

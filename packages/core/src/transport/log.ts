import type { Logger, LogLevel } from '../options/logger.ts';

/** Headers that hold no secret whatever their value; of all others only the name is shown. */
const SHOWN =
  /^(accept|content-(type|length|encoding)|date|idempotent-replayed|idempotency-key|if-match|last-event-id|ratelimit.*|retry-after|server|user-agent|x-request-id|x-should-retry)$/;

const LEVELS: readonly LogLevel[] = ['off', 'error', 'warn', 'info', 'debug'];

/** Writes to the caller's logger what its level asks for. */
export class Log {
  readonly #logger: Logger;
  readonly #level: number;

  constructor(logger: Logger, level: LogLevel) {
    this.#logger = logger;
    this.#level = LEVELS.indexOf(level);
  }

  /** Whether a message of this level would be written: asked before fields are gathered. */
  has(level: Exclude<LogLevel, 'off'>): boolean {
    return LEVELS.indexOf(level) <= this.#level;
  }

  /** Writes one message. A logger that throws ends no call. */
  write(level: Exclude<LogLevel, 'off'>, message: string, fields?: object): void {
    if (!this.has(level)) return;
    try {
      this.#logger[level](`runctl: ${message}`, fields);
    } catch {
      // The call matters more than its log line.
    }
  }
}

/** Headers as a log may show them. */
export function shownHeaders(headers: Iterable<[string, string]>): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of headers) shown[name] = SHOWN.test(name) ? value : '***';
  return shown;
}

/** How much a line matters. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** What a line says besides its message. An `Error` shows its stack, and what caused it. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where a process says what happens. */
export interface Log {
  /** Something failed that nobody foresaw. */
  error(message: string, fields?: LogFields): void;
  /** The operator should look at it. */
  warn(message: string, fields?: LogFields): void;
  /** What happens, such as a request. */
  info(message: string, fields?: LogFields): void;
  /** What is of interest while something is looked for. */
  debug(message: string, fields?: LogFields): void;
  /** Whether a line of a level is written: asked before a line is made that is costly. */
  isOn(level: LogLevel): boolean;
  /** Writes what is still held back; before the process ends. */
  flush(): void;
}

/** How lines look: JSON for machines, one object each; text for people. */
export type LogFormat = 'json' | 'text';

/** What a log is made of. */
export interface LogOptions {
  /** The least that is written. `silent`: nothing. */
  level: LogLevel | 'silent';
  format: LogFormat;
  /** Takes whole lines. */
  write: (lines: string) => void;
  /** Takes secrets out of a line. */
  redact: (text: string) => string;
  /** Milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
}

const weights: Record<LogLevel | 'silent', number> = { silent: 0, error: 1, warn: 2, info: 3, debug: 4 };
/** Characters of a line: what a careless error carries along is cut. */
const longestText = 16_384;

/**
 * Makes a log. Lines of one turn are written together; those that say that something went wrong at once, since the
 * process may be about to end.
 */
export function createLog({ level, format, write, redact, now = Date.now }: LogOptions): Log {
  const most = weights[level];
  const render = format === 'json' ? jsonLine : textLine;
  let pending = '';
  const flush = () => {
    if (pending === '') return;
    const lines = pending;
    pending = '';
    write(lines);
  };
  const say = (weight: LogLevel, message: string, fields: LogFields = {}) => {
    if (weights[weight] > most) return;
    if (pending === '') setImmediate(flush);
    pending += `${redact(render(new Date(now()).toISOString(), weight, message, fields))}\n`;
    if (weights[weight] <= weights.warn) flush();
  };
  return {
    error: (message, fields) => say('error', message, fields),
    warn: (message, fields) => say('warn', message, fields),
    info: (message, fields) => say('info', message, fields),
    debug: (message, fields) => say('debug', message, fields),
    isOn: (asked) => weights[asked] <= most,
    flush,
  };
}

/** A log that keeps silent. */
export const silentLog: Log = createLog({
  level: 'silent',
  format: 'text',
  write: () => undefined,
  redact: (text) => text,
});

function jsonLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  return harmless(JSON.stringify({ time, level, message, ...shownFields(fields) }));
}

/** Values that `JSON.stringify` would lose or refuse, as what can be shown of them. */
function shownFields(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, shown(value)]));
}

function shown(value: unknown): unknown {
  if (value instanceof Error) return shownError(value, 0);
  if (typeof value === 'string') return cut(value);
  if (typeof value === 'bigint') return String(value);
  return value;
}

/** Causes below an error that are shown. */
const mostCauses = 3;

function shownError(error: Error, depth: number): unknown {
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    name,
    message: cut(message),
    ...(typeof code === 'string' ? { code } : {}),
    stack: cut(stack ?? ''),
    ...(cause instanceof Error && depth < mostCauses ? { cause: shownError(cause, depth + 1) } : {}),
  };
}

function cut(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}...` : text;
}

function textLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const parts = [`${time.slice(11, 23)} ${level.padEnd(5)} ${harmless(message)}`];
  const details: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value instanceof Error) details.push(...errorLines(value, 0));
    else if (value !== undefined) parts.push(`${name}=${plain(value)}`);
  }
  // Indented, so that nothing within an error can pass for a line of its own.
  return [parts.join(' '), ...details.map((text) => `    ${harmless(text)}`)].join('\n');
}

function plain(value: unknown): string {
  const text = typeof value === 'string' ? cut(value) : (JSON.stringify(shown(value)) ?? '');
  return harmless(/[\s"]/.test(text) && typeof value === 'string' ? JSON.stringify(text) : text);
}

function errorLines(error: Error, depth: number): string[] {
  const own = cut(error.stack ?? `${error.name}: ${error.message}`).split('\n');
  const { cause } = error;
  if (!(cause instanceof Error) || depth >= mostCauses) return own;
  const [first = '', ...rest] = errorLines(cause, depth + 1);
  return [...own, `caused by ${first}`, ...rest];
}

/** What could drive a terminal, forge a line or turn text around, as its number. */
function harmless(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

import { RunctlConfigError } from '../errors/config-error.ts';
import { checkBaseUrl } from './base-url.ts';
import type { ClientOptions } from './client-options.ts';
import { type HeaderFields, mergeHeaders } from './headers.ts';
import { checkKey } from './key.ts';
import type { LogLevel } from './logger.ts';
import { checkNumber, LONGEST_TIMER_MS } from './number-option.ts';
import { userAgent } from './user-agent.ts';

/** Client options, checked, with their defaults: a copy that nobody else can change. */
export interface ResolvedOptions
  extends Required<Omit<ClientOptions, 'headers' | 'fetch' | 'dangerouslyAllowBrowser'>> {
  headers: HeaderFields;
  fetch: typeof globalThis.fetch | undefined;
}

/** The limits of one call. */
export interface CallLimits {
  timeout: number;
  totalTimeout: number | false;
  retries: number;
}

const LOG_LEVELS: readonly LogLevel[] = ['off', 'error', 'warn', 'info', 'debug'];

const KNOWN: Record<keyof ClientOptions, true> = {
  apiKey: true,
  baseUrl: true,
  timeout: true,
  totalTimeout: true,
  retries: true,
  maxRetryAfter: true,
  headers: true,
  fetch: true,
  middleware: true,
  logger: true,
  logLevel: true,
  dangerouslyAllowBrowser: true,
};

/**
 * Checks the options of a client.
 *
 * @throws {RunctlConfigError} an option is missing, unknown or bad; the error names it, never its value
 */
export function resolveOptions(options: Partial<ClientOptions>): ResolvedOptions {
  const given = ownOptions(options);
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(KNOWN, name)) {
      throw new RunctlConfigError(`\`${name}\` is no option of a client. Options: ${Object.keys(KNOWN).join(', ')}.`);
    }
  }
  if (!given.dangerouslyAllowBrowser && typeof document !== 'undefined') {
    throw new RunctlConfigError(
      'An API key in a browser can be read by whoever opens the page. Call Runctl from a server, or set `dangerouslyAllowBrowser`.',
    );
  }
  const { logLevel = 'warn', logger = console, middleware = [] } = given;
  if (!LOG_LEVELS.includes(logLevel))
    throw new RunctlConfigError(`\`logLevel\` must be one of ${LOG_LEVELS.join(', ')}.`);
  return {
    apiKey: typeof given.apiKey === 'function' ? given.apiKey : checkKey(given.apiKey),
    baseUrl: checkBaseUrl(given.baseUrl),
    ...resolveLimits(given, { timeout: 30_000, totalTimeout: 120_000, retries: 3 }),
    maxRetryAfter: checkNumber('maxRetryAfter', given.maxRetryAfter ?? 60_000, { min: 0, max: LONGEST_TIMER_MS }),
    headers: mergeHeaders({ accept: 'application/json', ...userAgent() }, given.headers),
    fetch: checkFunction('fetch', given.fetch),
    middleware: middleware.map((one) => checkFunction('middleware', one) ?? one),
    logger,
    logLevel,
  };
}

/** The limits of a call: its own options over the client's. */
export function resolveLimits(given: Partial<CallLimits>, fallback: CallLimits): CallLimits {
  const { timeout = fallback.timeout, totalTimeout = fallback.totalTimeout, retries = fallback.retries } = given;
  const milliseconds = { min: 1, max: LONGEST_TIMER_MS };
  return {
    timeout: checkNumber('timeout', timeout, milliseconds),
    totalTimeout: totalTimeout === false ? false : checkNumber('totalTimeout', totalTimeout, milliseconds),
    retries: checkNumber('retries', retries, { min: 0, max: 20, integer: true }),
  };
}

/** A copy of what is set on the object itself: a polluted prototype adds nothing, later changes have no effect. */
export function ownOptions<Options extends object>(options: Options): Options {
  return Object.assign(Object.create(null), options);
}

function checkFunction<F>(name: string, value: F): F {
  if (value === undefined || typeof value === 'function') return value;
  throw new RunctlConfigError(`\`${name}\` must be a function, not ${value === null ? 'null' : typeof value}.`);
}

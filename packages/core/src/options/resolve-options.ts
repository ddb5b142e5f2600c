import { badOption, RunctlConfigError } from '../errors/config-error.ts';
import { kindOf } from '../kind-of.ts';
import { own } from '../own.ts';
import { LEVELS } from '../transport/log.ts';
import { checkBaseUrl } from './base-url.ts';
import type { ClientOptions } from './client-options.ts';
import { type HeaderFields, mergeHeaders } from './headers.ts';
import { checkKey } from './key.ts';
import { checkNumber } from './number-option.ts';
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

/** Options before they are checked. */
type Given = Omit<ResolvedOptions, 'headers'> & Pick<ClientOptions, 'headers' | 'dangerouslyAllowBrowser'>;

/**
 * Checks the options of a client.
 *
 * @throws {RunctlConfigError} an option is missing, unknown or bad; the error names it, never its value
 */
export function resolveOptions(options: Partial<ClientOptions>): ResolvedOptions {
  /** Every option, with its default where it has one. */
  const defaults = {
    apiKey: undefined,
    baseUrl: 'https://api.runctl.com',
    timeout: 30_000,
    totalTimeout: 120_000,
    retries: 3,
    maxRetryAfter: 60_000,
    headers: undefined,
    fetch: undefined,
    middleware: [],
    logger: console,
    logLevel: 'warn',
    dangerouslyAllowBrowser: undefined,
  } satisfies { [Name in keyof ClientOptions]-?: ClientOptions[Name] | undefined };
  const given = own<object>(defaults, options) as Given;
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(defaults, name)) continue;
    throw new RunctlConfigError(`\`${name}\` is no option of a client. Options: ${Object.keys(defaults).join(', ')}.`);
  }
  if (!given.dangerouslyAllowBrowser && typeof document !== 'undefined') {
    throw new RunctlConfigError('A browser keeps no API key secret: use a server, or `dangerouslyAllowBrowser`.');
  }
  const { apiKey, middleware, logLevel } = given;
  if (!LEVELS.includes(logLevel)) throw badOption('logLevel', `one of ${LEVELS.join(', ')}`);
  for (const one of [given.fetch ?? own, ...middleware]) {
    if (typeof one !== 'function') throw badOption('fetch` and `middleware', `functions, not ${kindOf(one)}`);
  }
  checkNumber('maxRetryAfter', given.maxRetryAfter, 0);
  return {
    ...checkLimits(given),
    apiKey: typeof apiKey === 'function' ? apiKey : checkKey(apiKey),
    baseUrl: checkBaseUrl(given.baseUrl),
    headers: mergeHeaders({ accept: 'application/json', ...userAgent() }, given.headers),
    middleware: [...middleware],
  };
}

/** Options whose limits are within their bounds. */
export function checkLimits<Options extends CallLimits>(options: Options): Options {
  checkNumber('timeout', options.timeout, 1);
  if (options.totalTimeout !== false) checkNumber('totalTimeout', options.totalTimeout, 1);
  checkNumber('retries', options.retries, 0, 20, true);
  return options;
}

import { isPlainText } from '../options/base-url.ts';
import type { ClientOptions } from '../options/client-options.ts';
import { type ResolvedOptions, resolveOptions } from '../options/resolve-options.ts';
import { own } from '../own.ts';
import { type Credentials, createCredentials } from './credentials.ts';
import { type Log, logTo } from './log.ts';
import { type RetryBudget, retryBudget } from './retry-budget.ts';

/** What all calls of one client share. */
export interface ClientParts extends ResolvedOptions {
  /** The options as they were given, to derive other clients from. */
  given: Partial<ClientOptions>;
  credentials: Credentials;
  /** The retry budget. */
  spend: RetryBudget;
  log: Log;
}

const origins = new WeakMap<object, ClientParts>();

/**
 * The options of a client derived from another one. A client made from them shares the first one's credentials, unless
 * they bring another key, and its retry budget, unless they go to another place.
 */
export function derivedOptions(from: ClientParts, changes: Partial<ClientOptions>): ClientOptions {
  const options = { ...from.given, ...changes } as ClientOptions;
  origins.set(options, from);
  return options;
}

/** Checks the options and makes what the calls will share. */
export function clientParts(given: Partial<ClientOptions>): ClientParts {
  const origin = origins.get(given);
  const options = resolveOptions(given);
  const { baseUrl, apiKey, logger, logLevel } = options;
  const log = logTo(logger, logLevel);
  const isElsewhere = origin?.baseUrl !== baseUrl;
  if (isElsewhere && isPlainText(baseUrl)) log('warn', `plain http: the API key can be read on its way to ${baseUrl}`);
  return {
    ...options,
    given: own(given),
    credentials: origin?.apiKey === apiKey ? origin.credentials : createCredentials(apiKey),
    spend: origin && !isElsewhere ? origin.spend : retryBudget(),
    log,
  };
}

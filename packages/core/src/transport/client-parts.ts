import { isPlainText } from '../options/base-url.ts';
import type { ClientOptions } from '../options/client-options.ts';
import { ownOptions, type ResolvedOptions, resolveOptions } from '../options/resolve-options.ts';
import { type Credentials, createCredentials } from './credentials.ts';
import { Log } from './log.ts';
import { RetryBudget } from './retry-budget.ts';

/** What all calls of one client share. */
export interface ClientParts {
  /** As they were given, to derive other clients from. */
  given: Partial<ClientOptions>;
  options: ResolvedOptions;
  credentials: Credentials;
  budget: RetryBudget;
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
export function clientParts(options: Partial<ClientOptions>): ClientParts {
  const origin = origins.get(options);
  const given = ownOptions(options);
  const resolved = resolveOptions(given);
  const log = new Log(resolved.logger, resolved.logLevel);
  if (origin?.options.baseUrl !== resolved.baseUrl && isPlainText(resolved.baseUrl)) {
    log.write(
      'warn',
      `\`baseUrl\` is plain http: the API key can be read on its way to ${new URL(resolved.baseUrl).host}`,
    );
  }
  return {
    given,
    options: resolved,
    credentials: origin?.options.apiKey === resolved.apiKey ? origin.credentials : createCredentials(resolved.apiKey),
    budget: origin?.options.baseUrl === resolved.baseUrl ? origin.budget : new RetryBudget(),
    log,
  };
}

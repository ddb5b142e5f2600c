import { RunctlConfigError } from '../errors/config-error.ts';
import { checkBaseUrl } from './base-url.ts';
import type { ClientOptions } from './client-options.ts';
import { checkKey } from './key.ts';
import { checkNumber, LONGEST_TIMER_MS } from './number-option.ts';

/** Environment variables, as `process.env` has them. */
export type Environment = Record<string, string | undefined>;

/**
 * Client options from RUNCTL_API_KEY, RUNCTL_BASE_URL, RUNCTL_TIMEOUT (milliseconds) and RUNCTL_RETRIES; an option given
 * beats its variable, and a blank variable counts as unset. Without an environment the process's is read, where there is one.
 *
 * @throws {RunctlConfigError} a variable is missing or bad; the error names it, never its value
 */
export function optionsFromEnvironment(
  env: Environment | undefined = processEnvironment(),
  options: Partial<ClientOptions> = {},
): ClientOptions {
  const { apiKey, baseUrl, timeout, retries, ...others } = options;
  const found = {
    baseUrl: baseUrl ?? variable(env, 'RUNCTL_BASE_URL', checkBaseUrl),
    timeout: timeout ?? variable(env, 'RUNCTL_TIMEOUT', wholeNumber(1, LONGEST_TIMER_MS)),
    retries: retries ?? variable(env, 'RUNCTL_RETRIES', wholeNumber(0, 20)),
  };
  const key = apiKey ?? variable(env, 'RUNCTL_API_KEY', checkKey);
  if (key === undefined)
    throw new RunctlConfigError(
      'RUNCTL_API_KEY is not set, and no `apiKey` was passed: `runctl dev` prints the line to set it.',
    );
  return {
    ...others,
    apiKey: key,
    ...(found.baseUrl === undefined ? {} : { baseUrl: found.baseUrl }),
    ...(found.timeout === undefined ? {} : { timeout: found.timeout }),
    ...(found.retries === undefined ? {} : { retries: found.retries }),
  };
}

/** A variable's value, checked under the variable's name; a variable that may not be read counts as unset. */
function variable<T>(
  env: Environment | undefined,
  name: string,
  check: (text: string, name: string) => T,
): T | undefined {
  let text: string | undefined;
  try {
    text = env?.[name]?.trim();
  } catch {
    return undefined;
  }
  return text ? check(text, name) : undefined;
}

function wholeNumber(min: number, max: number) {
  return (text: string, name: string) => {
    if (!/^\d+$/.test(text)) throw new RunctlConfigError(`\`${name}\` must be a whole number in plain digits.`);
    return checkNumber(name, Number(text), min, max);
  };
}

/** The process's environment; edge runtimes and browsers have none, and a sandbox may refuse it. */
function processEnvironment(): Environment | undefined {
  try {
    return (globalThis as { process?: { env?: Environment } }).process?.env;
  } catch {
    return undefined;
  }
}

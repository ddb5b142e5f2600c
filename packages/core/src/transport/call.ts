import { repeat } from '#repeat';
import { RunctlApiError } from '../errors/api-error.ts';
import { RunctlNetworkError, RunctlTimeoutError } from '../errors/network-error.ts';
import type { RunctlError } from '../errors/runctl-error.ts';
import { interruptedBy } from '../interruption.ts';
import type { CallLimits } from '../options/resolve-options.ts';
import { type CallFacts, failure } from './call-facts.ts';
import type { CallPlan } from './call-plan.ts';
import type { ClientParts } from './client-parts.ts';
import { dispatch } from './dispatch.ts';
import { shownHeaders } from './log.ts';
import { receive } from './receive.ts';
import { rememberMeta } from './response-meta.ts';
import { PER_CALL, PER_RETRY, PER_SUCCESS } from './retry-budget.ts';
import { mayRepeat } from './retry-policy.ts';
import { backoffMs, retryAfterMs, spread } from './retry-timing.ts';

/**
 * Sends one call: attempts, until one is answered or nothing more is to be hoped for. `repeat` runs the loop of attempts;
 * what an attempt is (from connect to the last byte), whether another one follows and when, is decided here. Resolves with
 * the decoded value, or with the Response for plans of another kind.
 *
 * Deadlines: each attempt has one timer, set to the shorter of `timeout` and what is left of `totalTimeout`; a wait that
 * would outlast the call is not begun.
 */
export async function call(client: ClientParts, plan: CallPlan): Promise<unknown> {
  const { credentials, spend } = client;
  const { method, path, url, idempotencyKey, limits } = plan;
  /** What the errors say; `attempts` counts up. */
  const facts: CallFacts = { request: { method, path }, attempts: 0, idempotencyKey, redact: credentials.redact };
  /** The key that the attempt was sent with. */
  let key = '';
  let isKeyRenewed = false;
  let retries = 0;
  /** The answer of the attempt, once its headers are there. */
  let response: Response | undefined;
  /** The error of an answer that is no success, made from what has been read of it so far. */
  let answerError: (() => RunctlError) | undefined;

  const tell = (level: 'info' | 'debug', what: string, fields: () => object) =>
    client.log(level, `${plan.route} ${what}`, () => ({
      path,
      attempt: facts.attempts,
      ms: Math.round(elapsed()),
      ...fields(),
    }));
  const late = (phase: 'attempt' | 'total') => answerError?.() ?? timeoutError(facts, limits, phase);
  const { elapsed, left, run, dispose } = interruptedBy(plan.signal, late, limits.totalTimeout, facts);

  const exchange = async (signal: AbortSignal) => {
    response = undefined;
    facts.attempts += 1;
    tell('debug', 'sent', () => ({ headers: shownHeaders(Object.entries(plan.headers)) }));
    key = await credentials.key();
    const answer = await dispatch(client, plan, key, facts, signal);
    response = answer;
    tell('debug', 'headers', () => ({ status: answer.status, headers: shownHeaders(answer.headers) }));
    return receive(answer, plan, facts, (error) => {
      answerError = error;
    });
  };
  /** Resolves when the next attempt is due, or with false where none is; rejects where the reason is another one now. */
  const untilRetry = async (error: unknown): Promise<boolean> => {
    /** Looks at the record of an earlier attempt before a call gives up on it. */
    const MOST_WAITS = 100;
    answerError = undefined;
    if (error instanceof RunctlApiError && error.status === 401 && !isKeyRenewed) {
      isKeyRenewed = true;
      if (await run(() => credentials.renew(key))) return true;
    }
    // Middleware may throw anything.
    const code = (error as RunctlError | undefined)?.code;
    // An earlier attempt of this very call is still being served; its answer is worth waiting for.
    const isWait = idempotencyKey && code === 'idempotency.in_progress';
    const headers = response?.headers;
    if (isWait ? facts.attempts > MOST_WAITS : retries >= limits.retries || !mayRepeat(error, headers, facts))
      return false;
    const asked = headers && retryAfterMs(headers);
    const ms = asked === undefined ? backoffMs(retries + 1) : spread(asked);
    if (ms >= left() && error instanceof RunctlNetworkError) throw timeoutError(facts, limits, 'total', error);
    if (ms >= left() || (asked ?? 0) > client.maxRetryAfter) return false;
    if (!isWait && !spend(PER_RETRY)) {
      Object.assign(error as object, { retryBudgetExhausted: true });
      return false;
    }
    if (!isWait) retries += 1;
    tell('info', 'will be sent again', () => ({ afterMs: Math.round(ms), code }));
    await run(undefined, ms);
    return true;
  };
  spend(PER_CALL);
  try {
    const value = await repeat({ url, method, attempt: () => run(exchange, limits.timeout), untilRetry });
    spend(PER_SUCCESS);
    tell('info', 'answered', () => ({ status: response?.status }));
    if (value) rememberMeta(value, response as Response, facts, elapsed());
    return value;
  } catch (error) {
    tell('info', 'failed', () => ({ code: (error as RunctlError | undefined)?.code }));
    throw error;
  } finally {
    // A stream is still to be read; its signal is of this one connection, and ends with it.
    if (plan.as !== 'stream') dispose();
  }
}

function timeoutError(facts: CallFacts, limits: CallLimits, phase: 'attempt' | 'total', cause?: unknown) {
  const option = phase === 'attempt' ? 'timeout' : 'totalTimeout';
  return failure(RunctlTimeoutError, facts, `no answer within \`${option}\` (${limits[option]} ms).`, { phase, cause });
}

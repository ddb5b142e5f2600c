import { fetch as platformFetch } from '#fetch';
import { RunctlNetworkError } from '../errors/network-error.ts';
import type { ResolvedOptions } from '../options/resolve-options.ts';
import { own } from '../own.ts';
import { type CallFacts, failure } from './call-facts.ts';
import type { CallPlan } from './call-plan.ts';
import { networkFailure } from './network-failure.ts';

/**
 * Sends one attempt and resolves with its answer once the headers are there. A `Request` is made only for middleware:
 * it costs a fifth of a call.
 */
export function dispatch(
  { fetch = platformFetch, middleware }: ResolvedOptions,
  { method, url, body, headers, route, idempotencyKey }: CallPlan,
  key: string,
  facts: CallFacts,
  signal: AbortSignal,
): Promise<Response> {
  const base: RequestInit = { signal, redirect: 'manual' };
  const init = own(base, { method, body, headers: { ...headers, authorization: `Bearer ${key}` } });
  const operation = { route, attempt: facts.attempts, idempotencyKey };
  const send = async (request: string | Request): Promise<Response> => {
    try {
      return answered(await fetch(request, request === url ? init : own(base)), facts);
    } catch (error) {
      throw networkFailure(error, facts);
    }
  };
  const chain = middleware.reduceRight<(request: Request) => Promise<Response>>(
    (next, wrap) => async (request) => answered(await wrap(request, next, operation), facts),
    send,
  );
  return middleware.length > 0 ? chain(new Request(url, init)) : send(url);
}

/** A `Response` of whatever realm, told by what is read of it. */
function answered(response: Response | undefined, facts: CallFacts): Response {
  if (typeof response?.status === 'number' && typeof response.headers?.get === 'function') return response;
  throw failure(RunctlNetworkError, facts, '`fetch` returned no Response.', {});
}

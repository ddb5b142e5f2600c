import { RunctlNetworkError } from '../errors/network-error.ts';
import { own } from '../own.ts';
import { type CallFacts, failure } from './call-facts.ts';
import type { CallPlan } from './call-plan.ts';
import type { ClientParts } from './client-parts.ts';
import { networkFailure } from './network-failure.ts';
import { platformFetch } from './platform-fetch.ts';

/**
 * Sends one attempt and resolves with its answer once the headers are there. A `Request` is made only for middleware:
 * it costs a fifth of a call.
 */
export async function dispatch(
  { options: { fetch = platformFetch, middleware } }: ClientParts,
  { method, url, body, headers, route, idempotencyKey }: CallPlan,
  key: string,
  facts: CallFacts,
  signal: AbortSignal,
): Promise<Response> {
  const base: RequestInit = { signal, redirect: 'manual' };
  const send = async (request: string | Request, init?: object): Promise<Response> => {
    try {
      return answered(await fetch(request, own(base, init)), facts);
    } catch (error) {
      throw networkFailure(error, facts);
    }
  };
  const init = { method, body, headers: { ...headers, authorization: `Bearer ${key}` } };
  if (middleware.length === 0) return send(url, init);

  const operation = { route, attempt: facts.attempts, idempotencyKey };
  const chain = middleware.reduceRight<(request: Request) => Promise<Response>>(
    (next, wrap) => async (request) => wrap(request, next, operation),
    (request) => send(request),
  );
  return answered(await chain(new Request(url, own(base, init))), facts);
}

/** A `Response` of whatever realm, told by what is read of it. */
function answered(response: Response | undefined, facts: CallFacts): Response {
  if (typeof response?.status === 'number' && typeof response.headers?.get === 'function') return response;
  throw failure(RunctlNetworkError, facts, '`fetch` returned no Response.', {});
}

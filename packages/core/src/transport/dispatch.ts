import { RunctlNetworkError } from '../errors/network-error.ts';
import type { Operation } from '../options/middleware.ts';
import { type AttemptFacts, about } from './attempt-facts.ts';
import type { CallPlan } from './call-plan.ts';
import type { ClientParts } from './client-parts.ts';
import { networkFailure } from './network-failure.ts';
import { platformFetch } from './platform-fetch.ts';

/**
 * Sends one attempt and resolves with its answer once the headers are there. A `Request` is made only for middleware:
 * it costs a fifth of a call.
 */
export async function dispatch(
  { options }: ClientParts,
  plan: CallPlan,
  key: string,
  facts: AttemptFacts,
  signal: AbortSignal,
): Promise<Response> {
  const { method, body, idempotencyKey, route } = plan;
  const fetch = options.fetch ?? platformFetch;
  const send = async (request: string | Request, init: object): Promise<Response> => {
    try {
      // Without a prototype: what a page has put on `Object.prototype` is no part of the request.
      const response = await fetch(request, Object.assign(Object.create(null), init, { signal, redirect: 'manual' }));
      return answered(response, facts);
    } catch (error) {
      throw networkFailure(error, facts);
    }
  };
  const init = { method, body, headers: { ...plan.headers, authorization: `Bearer ${key}` } };
  if (options.middleware.length === 0) return send(plan.url, init);

  const operation: Operation = { route, attempt: facts.attempts, idempotencyKey };
  const chain = options.middleware.reduceRight<(request: Request) => Promise<Response>>(
    (next, middleware) => async (request) => middleware(request, next, operation),
    (request) => send(request, {}),
  );
  const request = new Request(plan.url, { ...init, body: body ?? null, signal, redirect: 'manual' });
  return answered(await chain(request), facts);
}

/** A `Response` of whatever realm, told by what is read of it. */
function answered(response: Response | undefined, facts: AttemptFacts): Response {
  if (typeof response?.status === 'number' && typeof response.headers?.get === 'function') return response;
  throw new RunctlNetworkError(`${about(facts)} \`fetch\` returned no Response.`, {
    code: 'network.failed',
    attempts: facts.attempts,
    request: facts.request,
  });
}

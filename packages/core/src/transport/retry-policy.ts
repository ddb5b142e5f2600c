import { RunctlApiError } from '../errors/api-error.ts';
import { isRetryableError } from '../errors/is-retryable-error.ts';
import { RunctlNetworkError } from '../errors/network-error.ts';
import type { CallFacts } from './call-facts.ts';

/** Statuses that the same request may not meet again. */
export function isTransientStatus(status: number): boolean {
  return [408, 425, 429, 500, 502, 503, 504].includes(status);
}

/**
 * Whether a failed attempt may be followed by another one, as far as the failure itself says; budget and deadlines come on
 * top. No method is asked about here: each one that may not be repeated has a key by which the server knows the call.
 */
export function mayRepeat(error: unknown, headers: Headers | undefined, { request, attempts }: CallFacts): boolean {
  if (error instanceof RunctlApiError) {
    const advice = headers?.get('x-should-retry');
    return advice === 'true' || (advice !== 'false' && isTransientStatus(error.status));
  }
  // An answer that was cut is asked for once more, where asking costs the server nothing.
  return (
    isRetryableError(error) && (error instanceof RunctlNetworkError || (request.method === 'GET' && attempts === 1))
  );
}

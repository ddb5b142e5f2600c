import { RunctlApiError } from '../errors/api-error.ts';
import { RunctlDecodeError } from '../errors/decode-error.ts';
import { RunctlNetworkError } from '../errors/network-error.ts';
import type { CallFacts } from './call-facts.ts';

/** `wait`: an earlier attempt of this very call is still being served; its answer is worth waiting for. */
export type Verdict = 'stop' | 'retry' | 'wait';

/** Statuses that the same request may not meet again. */
export function isTransientStatus(status: number): boolean {
  return [408, 425, 429, 500, 502, 503, 504].includes(status);
}

/** What to do after a failed attempt, as far as the failure itself says; budget and deadlines come on top. */
export function judge(error: unknown, headers: Headers | undefined, facts: CallFacts): Verdict {
  const { request, idempotencyKey, attempts } = facts;
  const { method } = request;
  // Only what the method says may be repeated, or the server knows by its key.
  if (!idempotencyKey && /^P(OST|ATCH)$/.test(method)) return 'stop';
  let mayRetry = false;
  if (error instanceof RunctlApiError) {
    if (error.code === 'idempotency.in_progress' && idempotencyKey) return 'wait';
    const advice = headers?.get('x-should-retry');
    mayRetry = advice === 'true' || (advice !== 'false' && isTransientStatus(error.status));
  } else if (error instanceof RunctlNetworkError) mayRetry = error.retryable;
  else if (error instanceof RunctlDecodeError) mayRetry = error.retryable && method === 'GET' && attempts === 1;
  return mayRetry ? 'retry' : 'stop';
}

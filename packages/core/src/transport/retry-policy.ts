import { RunctlApiError } from '../errors/api-error.ts';
import { RunctlDecodeError } from '../errors/decode-error.ts';
import { RunctlNetworkError } from '../errors/network-error.ts';

/** What is known when an attempt has failed. */
export interface Failure {
  error: unknown;
  /** The headers of the answer, where there was one. */
  headers: Headers | undefined;
  method: string;
  idempotencyKey: string | undefined;
  /** From 1. */
  attempt: number;
}

/** `wait`: an earlier attempt of this very call is still being served; its answer is worth waiting for. */
export type Verdict = 'stop' | 'retry' | 'wait';

/** Statuses that the same request may not meet again. */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status === 500 || (status >= 502 && status <= 504);
}

/** Whether a request may be sent again: its method says so, or the server knows it by its key. */
function isRepeatable(method: string, idempotencyKey: string | undefined): boolean {
  return idempotencyKey !== undefined || /^(GET|HEAD|OPTIONS|PUT|DELETE)$/.test(method);
}

/** What to do after a failed attempt, as far as the failure itself says; budget and deadlines come on top. */
export function judge({ error, headers, method, idempotencyKey, attempt }: Failure): Verdict {
  if (!isRepeatable(method, idempotencyKey)) return 'stop';
  if (error instanceof RunctlApiError) {
    if (error.code === 'idempotency.in_progress' && idempotencyKey) return 'wait';
    const advice = headers?.get('x-should-retry');
    const retry = advice === 'true' || (advice !== 'false' && isTransientStatus(error.status));
    return retry ? 'retry' : 'stop';
  }
  if (error instanceof RunctlNetworkError) return error.retryable ? 'retry' : 'stop';
  if (error instanceof RunctlDecodeError)
    return error.retryable && method === 'GET' && attempt === 1 ? 'retry' : 'stop';
  return 'stop';
}

import type { RequestOptions, WaitOptions } from '../options/request-options.ts';
import { own } from '../own.ts';

/**
 * The options of the call that starts what is then waited for: those of a wait that any call takes. An idempotency key
 * belongs to this call; the looks that follow only read.
 */
export function startOptions<T>({ signal, retries, headers, idempotencyKey }: WaitOptions<T>): RequestOptions {
  return own({ signal, retries, headers, idempotencyKey }) as RequestOptions;
}

import { hasErrorMark } from './error-mark.ts';

/**
 * Whether the same call may succeed later, unchanged. False for anything that is not an error of this SDK.
 *
 * @example
 * if (isRetryableError(error)) queue.push(job);
 */
export function isRetryableError(error: unknown): boolean {
  return hasErrorMark(error, 'RunctlError') && (error as { retryable: boolean }).retryable;
}

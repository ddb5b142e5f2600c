import type { RequestId } from '../ids.ts';
import { RunctlError, type RunctlErrorInit } from './runctl-error.ts';

/**
 * The server reported success, but with an answer that is not what the API answers with: a captive portal's page, JSON
 * that is cut, a list without `data`, more than 64 MiB. `code` is `response.invalid`, or for a stream's events
 * `stream.invalid_event` and `stream.too_large`.
 */
export class RunctlDecodeError extends RunctlError {
  static override readonly errorName: string = 'RunctlDecodeError';
  /** The HTTP status, 200 to 299. */
  declare readonly status: number;
  /** The server's name for the request. */
  declare readonly requestId: RequestId | undefined;

  constructor(
    message: string,
    init: Omit<RunctlErrorInit, 'code'> & { code?: string; status: number; requestId?: RequestId | undefined },
  ) {
    super(message, { code: 'response.invalid', ...init });
  }
}

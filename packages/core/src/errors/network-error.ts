import { RunctlError, type RunctlErrorInit } from './runctl-error.ts';

/** No answer, or none that came to its end: refused, reset, DNS, TLS. `cause` is the original. */
export class RunctlNetworkError extends RunctlError {
  static override readonly errorName: string = 'RunctlNetworkError';
  /** The platform's own code where it gives one: `ECONNREFUSED`, `ENOTFOUND`, `UND_ERR_SOCKET`. */
  declare readonly causeCode: string | undefined;

  constructor(
    message: string,
    init: Omit<RunctlErrorInit, 'code'> & { code?: string; causeCode?: string | undefined },
  ) {
    super(message, { code: 'network.failed', ...init });
  }
}

/** No answer in time. */
export class RunctlTimeoutError extends RunctlNetworkError {
  static override readonly errorName: string = 'RunctlTimeoutError';
  /** `attempt`: one attempt took longer than `timeout`. `total`: the call took longer than `totalTimeout`. */
  declare readonly phase: 'attempt' | 'total';

  constructor(message: string, init: Omit<RunctlErrorInit, 'code'> & { code?: string; phase: 'attempt' | 'total' }) {
    super(message, { code: 'network.timeout', retryable: true, ...init });
  }
}

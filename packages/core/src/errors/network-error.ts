import { RunctlError, type RunctlErrorInit } from './runctl-error.ts';

/** No answer, or none that came to its end: refused, reset, DNS, TLS. `cause` is the original. */
export class RunctlNetworkError extends RunctlError {
  static override readonly errorName: string = 'RunctlNetworkError';
  /** The platform's own code where it gives one: `ECONNREFUSED`, `ENOTFOUND`, `UND_ERR_SOCKET`. */
  readonly causeCode: string | undefined;

  constructor(message: string, init: RunctlErrorInit & { causeCode?: string | undefined }) {
    super(message, init);
    this.causeCode = init.causeCode;
  }
}

/** No answer in time. */
export class RunctlTimeoutError extends RunctlNetworkError {
  static override readonly errorName: string = 'RunctlTimeoutError';
  /** `attempt`: one attempt took longer than `timeout`. `total`: the call took longer than `totalTimeout`. */
  readonly phase: 'attempt' | 'total';

  constructor(message: string, init: RunctlErrorInit & { phase: 'attempt' | 'total' }) {
    super(message, init);
    this.phase = init.phase;
  }
}

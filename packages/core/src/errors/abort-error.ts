import { RunctlError } from './runctl-error.ts';

/** The caller's signal ended the call. `cause` is `signal.reason`, whatever that is. `code` is `request.aborted`. */
export class RunctlAbortError extends RunctlError {
  static override readonly errorName: string = 'RunctlAbortError';
}

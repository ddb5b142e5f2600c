import { RunctlError } from './runctl-error.ts';

/** A webhook that must not be trusted: signature, age or shape are wrong. `code` says which. */
export class RunctlWebhookError extends RunctlError {
  static override readonly errorName: string = 'RunctlWebhookError';
}

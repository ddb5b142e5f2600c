import { RunctlError } from './runctl-error.ts';

/** A bad option or environment variable, named; never its value. `code` is `config.invalid`. */
export class RunctlConfigError extends RunctlError {
  static override readonly errorName: string = 'RunctlConfigError';

  constructor(message: string, init?: { code?: string; cause?: unknown }) {
    super(message, { code: 'config.invalid', ...init });
  }
}

/** The error for an option that is refused. `expected` ends the sentence "must be ...". */
export function badOption(name: string, expected: string): RunctlConfigError {
  return new RunctlConfigError(`\`${name}\` must be ${expected}.`);
}

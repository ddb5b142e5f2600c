import { RunctlError } from './runctl-error.ts';

/** The result does not fit the caller's schema. `code` is `schema.mismatch`. */
export class RunctlSchemaError extends RunctlError {
  static override readonly errorName: string = 'RunctlSchemaError';
  /** What the schema found, as it says it. */
  declare readonly issues: readonly { message: string; path: readonly PropertyKey[] }[];
  /** The result as it came. */
  declare readonly value: unknown;

  constructor(
    message: string,
    init: { issues: readonly { message: string; path: readonly PropertyKey[] }[]; value: unknown; cause?: unknown },
  ) {
    super(message, { code: 'schema.mismatch', ...init });
  }
}

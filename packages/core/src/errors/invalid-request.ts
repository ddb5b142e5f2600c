import { RunctlValidationError } from './api-error.ts';

/** The error for a request that is refused before any byte of it is sent. `path` names the field or the parameter. */
export function invalidRequest(message: string, path: string, cause?: unknown): RunctlValidationError {
  return new RunctlValidationError(`${message} Nothing was sent.`, {
    code: 'request.invalid',
    status: 0,
    details: [{ path, code: 'invalid', message }],
    cause,
  });
}

import {
  RunctlApiError,
  RunctlAuthenticationError,
  RunctlAuthorizationError,
  RunctlConflictError,
  RunctlNotFoundError,
  RunctlQuotaExceededError,
  RunctlRateLimitError,
  RunctlServerError,
  RunctlValidationError,
} from './api-error.ts';

/** Which class an answer's status becomes. The one place that knows. */
const CLASSES: Readonly<Record<number, typeof RunctlApiError>> = {
  400: RunctlValidationError,
  401: RunctlAuthenticationError,
  402: RunctlQuotaExceededError,
  403: RunctlAuthorizationError,
  404: RunctlNotFoundError,
  409: RunctlConflictError,
  410: RunctlNotFoundError,
  412: RunctlConflictError,
  413: RunctlValidationError,
  415: RunctlValidationError,
  422: RunctlValidationError,
  429: RunctlRateLimitError,
};

/** The class of a status: by the table; of the rest, 5xx is the server's fault, and anything else has no class of its own. */
export function errorClass(status: number): typeof RunctlApiError {
  return CLASSES[status] ?? (status >= 500 ? RunctlServerError : RunctlApiError);
}

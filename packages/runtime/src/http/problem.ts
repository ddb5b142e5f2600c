import { Failure } from '../services/failure.ts';
import { problemResponse } from './headers.ts';

/** The answer to a request that failed. What is not a {@link Failure} is a bug: it tells nothing but its request id. */
export function toProblem(failure: Failure, requestId: string): Response {
  const { context } = failure;
  const body = {
    type: `urn:runctl:error:${failure.code}`,
    title: failure.title,
    status: failure.status,
    detail: failure.message,
    code: failure.code,
    requestId,
    retryable: failure.retryable,
    resource: context.resource,
    resourceId: context.resourceId,
    details: context.details ?? [],
    hint: failure.hint,
    requiredScope: context.requiredScope,
    ...context.quota,
  };
  return problemResponse(failure.status, JSON.stringify(body), requestId, headersOf(failure));
}

function headersOf(failure: Failure): Record<string, string> {
  const { retryAfterSeconds, allowedMethods } = failure.context;
  return {
    ...(failure.status === 401 ? { 'www-authenticate': 'Bearer realm="runctl"' } : {}),
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    ...(allowedMethods === undefined ? {} : { allow: allowedMethods.join(', ') }),
  };
}

/** What the client is told of an unforeseen error. */
export function internalFailure(cause: unknown): Failure {
  return new Failure('internal.error', 'The runtime failed to answer; its log has the details under the request id.', {
    cause,
  });
}

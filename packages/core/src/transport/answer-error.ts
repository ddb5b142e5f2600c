import type { RunctlApiError } from '../errors/api-error.ts';
import { readErrorBody } from '../errors/error-body.ts';
import { errorClass } from '../errors/error-classes.ts';
import type { RequestId } from '../ids.ts';
import { type AttemptFacts, about } from './attempt-facts.ts';
import { isTransientStatus } from './retry-policy.ts';
import { retryAfterMs } from './retry-timing.ts';

/** The error for an answer that is no success, made from its status, its headers and the text of its body. */
export function answerError(response: Response, text: string, facts: AttemptFacts): RunctlApiError {
  const { status, headers } = response;
  const body = readErrorBody(facts.redact(text));
  const after = retryAfterMs(headers);
  const says = redirectText(response) ?? body.message ?? response.statusText;
  const ErrorClass = errorClass(status);
  return new ErrorClass(`${about(facts)} ${status}${says && ` ${says}`}`, {
    code: body.code ?? `http.${status}`,
    status,
    requestId: requestIdOf(headers, facts.redact) ?? (body.requestId as RequestId | undefined),
    retryable: body.retryable ?? isTransientStatus(status),
    details: body.details,
    hint: body.hint,
    body: body.members,
    attempts: facts.attempts,
    idempotencyKey: facts.idempotencyKey,
    request: facts.request,
    retryAfter: after === undefined ? undefined : Math.ceil(after / 1000),
  });
}

/** The server's name for a request: the first, where a proxy added its own, and no more than a log line holds. */
export function requestIdOf(headers: Headers, redact: (text: string) => string): RequestId | undefined {
  const first = headers.get('x-request-id')?.split(',')[0]?.trim().slice(0, 200);
  return first ? (redact(first) as RequestId) : undefined;
}

/** Redirects are not followed: the key and the body would go along to wherever they point. */
function redirectText(response: Response): string | undefined {
  const target = response.headers.get('location');
  if (response.type !== 'opaqueredirect' && (response.status < 300 || response.status > 399 || !target))
    return undefined;
  let origin = 'another address';
  try {
    origin = new URL(target ?? '', response.url || undefined).origin;
  } catch {
    // A relative target, or one that no URL can hold; browsers hide it altogether.
  }
  return `Refused to follow a redirect to ${origin}: set \`baseUrl\` to the address that answers.`;
}

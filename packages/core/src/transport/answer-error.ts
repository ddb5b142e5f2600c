import type { RunctlApiError, RunctlApiErrorInit } from '../errors/api-error.ts';
import { readErrorBody } from '../errors/error-body.ts';
import { errorClass } from '../errors/error-classes.ts';
import type { RequestId } from '../ids.ts';
import { own } from '../own.ts';
import { type CallFacts, failure } from './call-facts.ts';
import { isTransientStatus } from './retry-policy.ts';
import { retryAfterMs } from './retry-timing.ts';

/** The error for an answer that is no success, made from its status, its headers and the text of its body. */
export function answerError(response: Response, text: string, facts: CallFacts): RunctlApiError {
  const { status, headers } = response;
  const { message = response.statusText, ...body } = readErrorBody(facts.redact(text));
  const after = retryAfterMs(headers);
  const unsaid = { code: `http.${status}`, retryable: isTransientStatus(status) };
  const known = { status, requestId: requestIdOf(headers, facts.redact), retryAfter: after && Math.ceil(after / 1000) };
  const init = own<object>(unsaid, body, known) as RunctlApiErrorInit;
  return failure(errorClass(status), facts, `${status} ${redirectText(response) ?? message}`.trim(), init);
}

/** The server's name for a request: the first, where a proxy added its own, and no more than a log line holds. */
export function requestIdOf(headers: Headers, redact: (text: string) => string): RequestId | undefined {
  return /[^\s,]{1,200}/.exec(redact(headers.get('x-request-id') ?? ''))?.[0] as RequestId | undefined;
}

/** Redirects are not followed: the key and the body would go along to wherever they point. Browsers hide the target. */
function redirectText({ status, type, headers, url }: Response): string | undefined {
  const target = headers.get('location');
  if (type !== 'opaqueredirect' && (status < 300 || status > 399 || !target)) return undefined;
  const origin = target && URL.canParse(target, url) ? new URL(target, url).origin : 'another address';
  return `leads to ${origin}: correct \`baseUrl\`.`;
}

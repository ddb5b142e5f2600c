import { EgressFailure, EgressRefused } from '../egress/egress-error.ts';
import { ModelFailure } from './model.ts';
import type { Endpoint } from './provider-table.ts';
import { isRetryableStatus } from './retry-policy.ts';

/** What a thrown value says about the attempt. */
export interface ProviderFailure {
  failure: ModelFailure;
  status: number | undefined;
  retryAfter: string | undefined;
}

/** Longest message of a provider that is passed on. */
const LONGEST_MESSAGE = 500;

/** Words whatever an attempt threw as a `provider_error`, without the key even where the provider repeats it. */
export function readFailure(error: unknown, endpoint: Endpoint): ProviderFailure {
  if (error instanceof ModelFailure) return { failure: error, status: undefined, retryAfter: undefined };
  const { status, headers, message, body } = readError(error);
  const isOutOfCredit = body.includes('insufficient_quota');
  const said = endpoint.apiKey ? message.replaceAll(endpoint.apiKey, '***') : message;
  const failure = new ModelFailure({
    code: 'provider_error',
    message: `${sentence(status)}${said.slice(0, LONGEST_MESSAGE)}${keyHint(status, endpoint)}`,
    retryable: !(error instanceof EgressRefused) && !isOutOfCredit && isRetryableStatus(status),
    cause: error,
  });
  return { failure, status, retryAfter: headers['retry-after'] ?? delayIn(body) };
}

/** Google says in the body when to come back: `"retryDelay": "34s"`. */
function delayIn(body: string): string | undefined {
  return /"retryDelay":\s*"(\d{1,6}(?:\.\d+)?)s"/.exec(body)?.[1];
}

function sentence(status: number | undefined): string {
  return status === undefined
    ? 'The model provider gave no usable answer: '
    : `The model provider answered ${status}: `;
}

function keyHint(status: number | undefined, endpoint: Endpoint): string {
  if (status !== 401 || endpoint.apiKey !== undefined) return '';
  return ' (No key was sent: the runtime sends its key to the address in its own environment alone.)';
}

interface ReadError {
  status: number | undefined;
  headers: Record<string, string>;
  message: string;
  body: string;
}

/** The provider package's `APICallError`, known by its fields so that the package need not be loaded here. */
function readError(error: unknown): ReadError {
  const fields = typeof error === 'object' && error !== null ? error : {};
  const status = 'statusCode' in fields && typeof fields.statusCode === 'number' ? fields.statusCode : undefined;
  const headers = 'responseHeaders' in fields ? (fields.responseHeaders as Record<string, string> | undefined) : {};
  const body = 'responseBody' in fields && typeof fields.responseBody === 'string' ? fields.responseBody : '';
  const message = 'message' in fields && typeof fields.message === 'string' ? fields.message : String(error);
  const cause = error instanceof Error && error.cause instanceof EgressFailure ? error.cause.message : null;
  // A package's error for an answer of 200 that made no sense is no fault of the request.
  return { status: status === 200 ? undefined : status, headers: headers ?? {}, message: cause ?? message, body };
}

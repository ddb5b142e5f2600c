import { RunctlDecodeError } from '../errors/decode-error.ts';
import { requestIdOf } from './answer-error.ts';
import { type AttemptFacts, about } from './attempt-facts.ts';
import type { TransportRequest } from './transport.ts';

/** Characters of a body that is not what it should be, shown in the error. */
const SHOWN = 200;

/**
 * The value that an answer's text holds. Only a deletion may answer with nothing.
 *
 * @throws {RunctlDecodeError} it is no JSON, or not of the kind that the route answers with
 */
export function decodeAnswer(
  response: Response,
  text: string,
  kind: TransportRequest['answer'],
  facts: AttemptFacts,
): object | undefined {
  if (text === '' && facts.request.method === 'DELETE') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const broken = text !== '' && !/^\s*</.test(text);
    throw decodeError(response, `${describe(text)} instead of JSON`, facts, { cause, retryable: broken });
  }
  if (fits(value, kind)) return value;
  throw decodeError(response, `${describe(text)} instead of ${kind ?? 'an object'}`, facts);
}

/** The error for an answer of success that is none. `problem` ends the sentence "answered with ...". */
export function decodeError(
  response: Response,
  problem: string,
  facts: AttemptFacts,
  extra: { cause?: unknown; retryable?: boolean } = {},
): RunctlDecodeError {
  const { status, headers } = response;
  const type = headers.get('content-type')?.slice(0, SHOWN) ?? 'no content-type';
  return new RunctlDecodeError(facts.redact(`${about(facts)} answered ${status} (${type}) with ${problem}.`), {
    code: 'response.invalid',
    status,
    requestId: requestIdOf(headers, facts.redact),
    attempts: facts.attempts,
    request: facts.request,
    ...extra,
  });
}

function describe(text: string): string {
  return text === '' ? 'nothing' : JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
}

/** Whether a value is of a kind; an object that only says what went wrong is of none. */
function fits(value: unknown, kind: TransportRequest['answer']): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value) || kind === 'list') return Array.isArray(value) && kind === 'list';
  const { data, error, id, pagination } = value as Record<string, unknown>;
  if (kind === 'page' || pagination !== undefined) return Array.isArray(data);
  return error === undefined || error === null || id !== undefined;
}

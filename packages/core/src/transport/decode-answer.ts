import { RunctlDecodeError } from '../errors/decode-error.ts';
import { parseJson } from '../parse-json.ts';
import { requestIdOf } from './answer-error.ts';
import { type CallFacts, failure, LONGEST_QUOTE } from './call-facts.ts';
import type { TransportRequest } from './transport.ts';

/**
 * The value that an answer's text holds. Only a deletion may answer with nothing.
 *
 * @throws {RunctlDecodeError} it is no JSON, or not of the kind that the route answers with
 */
export function decodeAnswer(
  response: Response,
  text: string,
  kind: TransportRequest['answer'],
  facts: CallFacts,
): object | undefined {
  if (!text && facts.request.method === 'DELETE') return undefined;
  const { value, cause } = parseJson(text);
  if (fits(value, kind)) return value;
  const shown = text ? JSON.stringify(text.slice(0, LONGEST_QUOTE)) : 'nothing';
  // What begins like JSON was cut on its way; a page will be the same page again.
  const retryable = cause !== undefined && /^\s*[^\s<]/.test(text);
  throw decodeError(response, `${shown} instead of JSON: ${kind ?? 'an object'}`, facts, { cause, retryable });
}

/** The error for an answer of success that is none. `problem` ends the sentence "answered with ...". */
export function decodeError(
  { status, headers }: Response,
  problem: string,
  facts: CallFacts,
  extra?: { cause?: unknown; retryable?: boolean },
): RunctlDecodeError {
  const type = headers.get('content-type')?.slice(0, LONGEST_QUOTE) ?? 'no content-type';
  return failure(RunctlDecodeError, facts, `answered ${status} (${type}) with ${problem}.`, {
    status,
    requestId: requestIdOf(headers, facts.redact),
    ...extra,
  });
}

/** Whether a value is of a kind; an object that only says what went wrong is of none. */
function fits(value: unknown, kind: TransportRequest['answer']): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value) !== (kind === 'list')) return false;
  const { data, error, id, pagination, stepId } = value as Record<string, unknown>;
  if (kind === 'page' || pagination !== undefined) return Array.isArray(data);
  return !error || id !== undefined || stepId !== undefined;
}

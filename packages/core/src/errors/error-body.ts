import { parseJson } from '../parse-json.ts';
import type { ValidationIssue } from './validation-issue.ts';
import { plain, recordOf, wordsIn } from './words.ts';

/** What the body of an error says, whoever wrote it. */
export interface ErrorBody {
  message: string | undefined;
  code: string | undefined;
  hint: string | undefined;
  requestId: string | undefined;
  retryable: boolean | undefined;
  details: ValidationIssue[];
  /** Its members as they came. */
  body: Readonly<Record<string, unknown>>;
}

/**
 * Reads problem details (RFC 9457), `{ error: ... }`, `{ message }`, `{ errors: [...] }`, plain text and HTML. Never
 * throws; every text is bounded.
 */
export function readErrorBody(text: string): ErrorBody {
  /** Entries of the details that an error keeps. */
  const MOST_DETAILS = 100;
  const { value = text } = parseJson(text);
  const outer = recordOf(value);
  const body = { ...outer, ...recordOf(outer.error) };
  const list = [body.details, body.errors, value].find(Array.isArray) ?? [];
  return {
    message: wordsIn(typeof value === 'object' ? value : plain(String(value))) ?? wordsIn(text),
    code: wordsIn(body.code),
    hint: wordsIn(body.hint),
    requestId: wordsIn(body.requestId),
    retryable: typeof body.retryable === 'boolean' ? body.retryable : undefined,
    details: list.slice(0, MOST_DETAILS).map((one) => {
      const { path, pointer, field, code } = recordOf(one);
      return {
        path: wordsIn(path ?? pointer ?? field) ?? '',
        code: wordsIn(code) ?? 'invalid',
        message: wordsIn(one) ?? 'invalid',
      };
    }),
    body,
  };
}

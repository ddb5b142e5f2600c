import { parseJson } from '../parse-json.ts';
import type { ValidationIssue } from './validation-issue.ts';

/** Characters of one text that an error keeps, and entries of its details. */
const LONGEST_TEXT = 2_000;

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
  const MOST_DETAILS = 100;
  const { value = text } = parseJson(text);
  const outer = recordOf(value);
  const body = typeof outer.error === 'object' ? recordOf(outer.error) : outer;
  const list = [body.details, body.errors, outer.details, outer.errors, value].find(Array.isArray) ?? [];
  return {
    message: wordsIn(typeof value === 'object' ? value : plain(String(value))) ?? wordsIn(text),
    code: wordsIn(body.code) ?? wordsIn(outer.code),
    hint: wordsIn(body.hint),
    requestId: wordsIn(body.requestId) ?? wordsIn(outer.requestId),
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

/** What a person would read of a page: a title, or its words without the marks. */
function plain(text: string): string {
  const start = text.slice(0, 8 * LONGEST_TEXT);
  const title = /<title[^>]*>([^<]*)</i.exec(start)?.[1]?.trim();
  return title || start.replace(/<(script|style)[\s\S]*?<\/\1>|<[^>]*>/gi, ' ');
}

/** The first words to be found: of a text itself, of an object where its message usually is. */
function wordsIn(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string') {
    const words = value
      .slice(0, 8 * LONGEST_TEXT)
      .replace(/\s+/g, ' ')
      .trim();
    return words.slice(0, LONGEST_TEXT) || undefined;
  }
  const { detail, message, error, title, details, errors, 0: first } = recordOf(value);
  if (depth > 3) return undefined;
  for (const part of [detail, message, error, title, details, errors, first]) {
    const words = part === undefined ? part : wordsIn(part, depth + 1);
    if (words) return words;
  }
  return undefined;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

import type { ValidationIssue } from './validation-issue.ts';

/** Characters of one text that an error keeps, and entries of its details. */
const LONGEST_TEXT = 2_000;
const MOST_DETAILS = 100;

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
  const value = parsed(text);
  const outer = isRecord(value) ? value : {};
  const members = isRecord(outer.error) ? outer.error : outer;
  const list = [members.details, members.errors, outer.details, outer.errors, value].find(Array.isArray) ?? [];
  const details = list.slice(0, MOST_DETAILS).map(issue);
  return {
    message:
      firstText(members.detail, members.message, outer.error, members.title, outer.message, details[0]?.message) ??
      firstText(typeof value === 'string' ? plain(value) : text),
    code: firstText(members.code, outer.code),
    hint: firstText(members.hint),
    requestId: firstText(members.requestId, outer.requestId),
    retryable: typeof members.retryable === 'boolean' ? members.retryable : undefined,
    details,
    body: members,
  };
}

/** The JSON value, or the text itself where it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What a person would read of a page: a title, or its words without the marks. */
function plain(text: string): string {
  const start = text.slice(0, 4 * LONGEST_TEXT);
  const title = /<title[^>]*>([^<]*)</i.exec(start)?.[1]?.trim();
  return title || start.replace(/<(script|style)[\s\S]*?<\/\1>|<[^>]*>/gi, ' ');
}

/** The first that has words in it; of an object, its message. */
function firstText(...candidates: unknown[]): string | undefined {
  for (const candidate of candidates) {
    const words = isRecord(candidate) ? (candidate.message ?? candidate.detail) : candidate;
    const text =
      typeof words === 'string'
        ? words
            .slice(0, 8 * LONGEST_TEXT)
            .replace(/\s+/g, ' ')
            .trim()
        : '';
    if (text !== '') return text.slice(0, LONGEST_TEXT);
  }
  return undefined;
}

function issue(value: unknown): ValidationIssue {
  const fields = isRecord(value) ? value : { message: value };
  return {
    path: firstText(fields.path, fields.pointer, fields.field) ?? '',
    code: firstText(fields.code) ?? 'invalid',
    message: firstText(fields.message, fields.detail, fields.title) ?? 'invalid',
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

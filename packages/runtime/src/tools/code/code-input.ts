import type { JsonObject, JsonSchema } from '@runctl/core';
import { LANGUAGES, type Language } from './syntax-tree.ts';

/** A source text as the code tools are given it. */
export interface CodeInput {
  code: string;
  hint: { language?: Language; path?: string };
}

/** Longest text: reading it takes up to a fifth of a second of a thread. */
const LONGEST_CODE = 100_000;

/** The arguments of the code tools. */
export const CODE_INPUT_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    code: { type: 'string', maxLength: LONGEST_CODE, description: 'The source text.' },
    language: { enum: [...LANGUAGES], description: 'Default: by the file name, else by what parses best.' },
    path: { type: 'string', maxLength: 1000, description: 'The file name, for the language.' },
  },
  required: ['code'],
  additionalProperties: false,
};

/** Reads arguments that fit {@link CODE_INPUT_SCHEMA}. */
export function readCodeInput({ code, language, path }: JsonObject): CodeInput {
  const known = LANGUAGES.find((each) => each === language);
  return {
    code: String(code),
    hint: { ...(known && { language: known }), ...(typeof path === 'string' && { path }) },
  };
}

import type { JsonObject } from '@runctl/core';
import { analyseCode } from './analyse-code.ts';
import type { CodeInput } from './code-input.ts';
import { scanCode } from './scan-code.ts';

/** One reading of a source text. Plain data: it goes to a thread and its report comes back. */
export interface CodeJob {
  kind: 'analysis' | 'scan';
  input: CodeInput;
}

/** Reads a source text here and now; 100 kB take up to a fifth of a second. */
export function runCodeJob({ kind, input }: CodeJob): Promise<JsonObject> {
  return kind === 'analysis' ? analyseCode(input) : scanCode(input);
}

import { CODE_INPUT_SCHEMA, readCodeInput } from '../code/code-input.ts';
import type { RunCodeJob } from '../code/code-thread.ts';
import type { BuiltIn } from '../tool.ts';

/** Reads JavaScript and TypeScript as a compiler does: no guess, no model. */
export function codeAnalysis(run: RunCodeJob): BuiltIn {
  return {
    name: 'code_analysis',
    description:
      'Parses JavaScript or TypeScript (JSX too) and reports, with line numbers: syntax errors, cyclomatic complexity, ' +
      'long functions, dangerous calls, unused imports, unreachable code and other probable mistakes.',
    inputSchema: CODE_INPUT_SCHEMA,
    run: async (args, { signal }) => ({ result: await run({ kind: 'analysis', input: readCodeInput(args) }, signal) }),
  };
}

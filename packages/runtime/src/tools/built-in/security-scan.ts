import { CODE_INPUT_SCHEMA, readCodeInput } from '../code/code-input.ts';
import type { RunCodeJob } from '../code/code-thread.ts';
import type { BuiltIn } from '../tool.ts';

/** Looks for credentials in any text, and for dangerous calls in JavaScript and TypeScript. */
export function securityScan(run: RunCodeJob): BuiltIn {
  return {
    name: 'security_scan',
    description:
      'Looks for credentials in any text, and in JavaScript or TypeScript for code that runs text, shells, SQL or HTML ' +
      'put together from values, weak hashes and unchecked TLS. Reports line numbers; never repeats a credential.',
    inputSchema: CODE_INPUT_SCHEMA,
    run: async (args, { signal }) => ({ result: await run({ kind: 'scan', input: readCodeInput(args) }, signal) }),
  };
}

import { dangerAt } from '../code/dangerous-code.ts';
import { countBySeverity, type Finding, inReadingOrder, MOST_FINDINGS } from '../code/finding.ts';
import { findSecrets } from '../code/secrets.ts';
import { parseSource, walk } from '../code/syntax-tree.ts';
import type { BuiltIn } from '../tool.ts';
import { CODE_INPUT_SCHEMA, readCodeInput } from './code-input.ts';

/** Looks for credentials in any text, and for dangerous calls in JavaScript and TypeScript. */
export const securityScan: BuiltIn = {
  name: 'security_scan',
  description:
    'Looks for credentials in any text, and in JavaScript or TypeScript for code that runs text, shells, SQL or HTML ' +
    'put together from values, weak hashes and unchecked TLS. Reports line numbers; never repeats a credential.',
  inputSchema: CODE_INPUT_SCHEMA,
  async run(args) {
    const { code, hint } = readCodeInput(args);
    const { root, errors } = await parseSource(code, hint);
    const dangers: Finding[] = [];
    walk(root, (path) => void dangers.push(...dangerAt(path)));
    const secrets = findSecrets(code);
    const findings = inReadingOrder([...secrets, ...dangers]);
    const parsed = errors.length === 0 ? '' : ' It does not parse cleanly, so calls may be missed.';
    return {
      result: {
        summary: `${hint.path ?? 'The text'}: ${countBySeverity(findings)} (${secrets.length} of credentials).${parsed}`,
        findings: findings.slice(0, MOST_FINDINGS),
        totalFindings: findings.length,
        parsed: errors.length === 0,
      },
    };
  },
};

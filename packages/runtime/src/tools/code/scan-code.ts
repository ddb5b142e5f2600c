import type { JsonObject } from '@runctl/core';
import type { CodeInput } from './code-input.ts';
import { dangerAt } from './dangerous-code.ts';
import { countBySeverity, type Finding, inReadingOrder, MOST_FINDINGS } from './finding.ts';
import { findSecrets } from './secrets.ts';
import { parseSource, walk } from './syntax-tree.ts';

/** Looks for credentials in a text, and for dangerous calls in its code. */
export async function scanCode({ code, hint }: CodeInput): Promise<JsonObject> {
  const { root, errors } = await parseSource(code, hint);
  const dangers: Finding[] = [];
  walk(root, (path) => void dangers.push(...dangerAt(path)));
  const secrets = findSecrets(code);
  const findings = inReadingOrder([...secrets, ...dangers]);
  const parsed = errors.length === 0 ? '' : ' It does not parse cleanly, so calls may be missed.';
  return {
    summary: `${hint.path ?? 'The text'}: ${countBySeverity(findings)} (${secrets.length} of credentials).${parsed}`,
    findings: findings.slice(0, MOST_FINDINGS),
    totalFindings: findings.length,
    parsed: errors.length === 0,
  };
}

/** Something in a source text that a reader should look at. */
export type Finding = {
  /** Stable, kebab case. */
  rule: string;
  severity: 'error' | 'warning' | 'info';
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
  message: string;
};

/** Findings that one call reports; the summary counts all of them. */
export const MOST_FINDINGS = 100;

/** By line, then column: the order in which a person reads them. */
export function inReadingOrder(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** "2 errors, 1 warning", or "no findings". */
export function countBySeverity(findings: readonly Finding[]): string {
  const counts = (['error', 'warning', 'info'] as const).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    const noun = severity === 'info' ? 'note' : severity;
    return count === 0 ? [] : [`${count} ${noun}${count === 1 ? '' : 's'}`];
  });
  return counts.join(', ') || 'no findings';
}

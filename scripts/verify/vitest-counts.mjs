/**
 * Sums up vitest's JSON report. A file that failed before its first test ran, by an import for instance, counts as one
 * failed test: otherwise it would not count at all.
 *
 * @param {{ testResults: { status: string, assertionResults: { status: string }[] }[] }} report
 * @returns {{ passed: number, failed: number, skipped: number, files: number }}
 */
export function vitestCounts({ testResults }) {
  const counts = { passed: 0, failed: 0, skipped: 0, files: testResults.length };
  for (const { status, assertionResults } of testResults) {
    const failed = assertionResults.filter((test) => test.status === 'failed').length;
    const passed = assertionResults.filter((test) => test.status === 'passed').length;
    counts.passed += passed;
    counts.skipped += assertionResults.length - passed - failed;
    counts.failed += status === 'failed' && failed === 0 ? 1 : failed;
  }
  return counts;
}

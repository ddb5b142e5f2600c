import { expect, test } from 'vitest';
import { vitestCounts } from './vitest-counts.mjs';

const file = (status, ...tests) => ({ status, assertionResults: tests.map((each) => ({ status: each })) });

test('tests are summed over files', () => {
  const testResults = [file('passed', 'passed', 'skipped'), file('failed', 'passed', 'failed')];

  expect(vitestCounts({ testResults })).toEqual({ passed: 2, failed: 1, skipped: 1, files: 2 });
});

test('a file that failed before its first test counts as one failure', () => {
  expect(vitestCounts({ testResults: [file('failed')] })).toMatchObject({ passed: 0, failed: 1 });
});

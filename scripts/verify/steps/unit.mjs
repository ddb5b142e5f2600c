import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../../process/run-tool.mjs';
import { StepFailure } from '../../process/step-failure.mjs';
import { vitestCounts } from '../vitest-counts.mjs';

export const unit = {
  name: 'tests',
  does: 'vitest: every test beside its code',
  needs: ['install'],
  alone: true,
  async run({ folder }) {
    const report = join(folder, 'tests.json');
    const args = ['run', '--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
    const result = await runTool('vitest', args, { timeoutMs: 2_400_000 });
    const counts = readCounts(report);
    if (result.timedOut) throw new StepFailure('The tests did not end.', result.output, counts);
    if (result.code !== 0 || counts === undefined) {
      const note = counts ? `${counts.passed} passed, ${counts.failed} failed` : 'The tests did not run.';
      throw new StepFailure(note, result.output, { passed: counts?.passed, failed: Math.max(1, counts?.failed ?? 0) });
    }
    return { passed: counts.passed, note: countsNote(counts) };
  },
};

function readCounts(report) {
  try {
    return vitestCounts(JSON.parse(readFileSync(report, 'utf8')));
  } catch {
    return undefined;
  }
}

function countsNote({ passed, skipped, files }) {
  return `${passed} tests in ${files} files${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

import { runTool } from '../../process/run-tool.mjs';
import { StepFailure } from '../../process/step-failure.mjs';

export const lint = {
  name: 'lint',
  does: 'biome: format and rules, warnings count',
  needs: ['install'],
  async run() {
    const args = ['check', '--error-on-warnings', '--max-diagnostics=40', '.'];
    const result = await runTool('biome', args, { timeoutMs: 180_000 });
    if (result.code !== 0) throw new StepFailure('`npm run format` mends most of it.', result.output);
    return { note: result.output.match(/Checked (\d+ files)/)?.[1] ?? '' };
  },
};

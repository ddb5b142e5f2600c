import { runTool } from '../../process/run-tool.mjs';
import { StepFailure } from '../../process/step-failure.mjs';

export const typecheck = {
  name: 'typecheck',
  does: 'every package and its tests type-check',
  needs: ['install'],
  async run() {
    const args = ['run', 'typecheck', '--output-logs=errors-only', '--continue', '--no-update-notifier'];
    const result = await runTool('turbo', args, { timeoutMs: 600_000 });
    if (result.code !== 0) throw new StepFailure('The types do not fit.', result.output);
    const [, total] = result.output.match(/(\d+) total/) ?? [];
    return { note: total ? `${total} packages` : '' };
  },
};

import { runTool } from '../../process/run-tool.mjs';
import { StepFailure } from '../../process/step-failure.mjs';

export const unused = {
  name: 'unused',
  does: 'knip: no file, dependency or export that nothing uses',
  needs: ['install'],
  async run() {
    const result = await runTool('knip', ['--no-progress'], { timeoutMs: 300_000 });
    if (result.code !== 0)
      throw new StepFailure('Remove what nothing uses, or say in knip.json who does.', result.output);
    return {};
  },
};

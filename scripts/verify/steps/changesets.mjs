import { runCommand } from '../../process/run-command.mjs';
import { runTool } from '../../process/run-tool.mjs';
import { StepFailure } from '../../process/step-failure.mjs';
import { root } from '../../workspace/root.mjs';

/** A branch without a changeset is told so; what a release would do wrong fails. */
export const changesets = {
  name: 'changesets',
  does: 'a changed package has a changeset; a major of core takes its dependants along',
  needs: ['install'],
  async run() {
    const check = await runCommand(process.execPath, ['scripts/release-check.mjs'], { cwd: root, timeoutMs: 180_000 });
    if (check.code !== 0) throw new StepFailure('The release would be wrong.', check.output);
    const status = await runTool('changeset', ['status'], { timeoutMs: 180_000 });
    if (status.code === 0) return { note: check.output.trim().split('\n').at(-1) };
    return { warning: `changeset status: ${status.output.trim().split('\n').at(-1)}` };
  },
};

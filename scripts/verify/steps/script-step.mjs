import { runCommand } from '../../process/run-command.mjs';
import { StepFailure } from '../../process/step-failure.mjs';
import { root } from '../../workspace/root.mjs';

/**
 * A step that is a script of this repository with a meaning of its own.
 *
 * @param {Omit<import('../run-steps.mjs').Step, 'run'> & {
 *   script: string, args?: string[], timeoutMs: number, advice: string,
 *   note?: (result: import('../../process/run-command.mjs').CommandResult) => string,
 * }} options `advice`: what to do where it fails
 * @returns {import('../run-steps.mjs').Step}
 */
export function scriptStep({ script, args = [], timeoutMs, advice, note, ...step }) {
  return {
    ...step,
    async run() {
      const result = await runCommand(process.execPath, [script, ...args], { cwd: root, timeoutMs });
      if (result.timedOut) throw new StepFailure(`${script} ran longer than ${timeoutMs / 1000} s.`, result.output);
      if (result.code !== 0) throw new StepFailure(advice, result.output);
      if (result.leftRunning) throw new StepFailure(`${script} left something running.`, result.output);
      return { note: note?.(result) ?? '' };
    },
  };
}

import { runCommand } from '../process/run-command.mjs';
import { StepFailure } from '../process/step-failure.mjs';
import { root } from '../workspace/root.mjs';
import { explainNpmFailure } from './explain-npm-failure.mjs';
import { isInstallCurrent, writeStamp } from './install-stamp.mjs';

/**
 * Installs what the lockfile names, to the letter; does nothing where that is in place already.
 *
 * @param {NodeJS.ProcessEnv} env with pnpm on its PATH
 * @param {{ folder: string | undefined }} pnpm
 * @returns {Promise<string>} a note for the progress line
 */
export async function installDependencies(env, pnpm) {
  if (isInstallCurrent()) return 'up to date';
  const result = await runCommand('pnpm', ['install', '--frozen-lockfile', '--reporter=append-only'], {
    cwd: root,
    // CI: pnpm asks no question, whatever it finds in node_modules.
    env: { ...env, CI: '1' },
    shell: process.platform === 'win32',
    timeoutMs: 600_000,
  });
  if (result.code !== 0) throw new StepFailure(explainNpmFailure('The dependencies', result), result.output);
  writeStamp(pnpm.folder);
  return 'from the lockfile';
}

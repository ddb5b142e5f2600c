import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runAttached } from '../process/run-command.mjs';
import { StepFailure } from '../process/step-failure.mjs';
import { root } from '../workspace/root.mjs';
import { build } from './build.mjs';
import { isBuildCurrent } from './build-stamp.mjs';
import { findPnpm, withPnpm } from './find-pnpm.mjs';
import { installDependencies } from './install.mjs';
import { isInstallCurrent } from './install-stamp.mjs';
import { progressLine } from './progress-line.mjs';

/**
 * What each command runs once everything is in place. `verify` builds for itself, so that it can count the build. A
 * command that is `quick` asks no tool where nothing has changed, and leaves the standard output to what it runs.
 */
const commands = {
  verify: { script: 'scripts/verify.mjs', build: false },
  demo: { script: 'scripts/demo.mjs', build: true },
  bench: { script: 'scripts/bench.mjs', build: true },
  faults: { script: 'scripts/faults.mjs', build: false },
  runtimes: { script: 'scripts/runtimes.mjs', build: true },
  types: { script: 'scripts/types-matrix.mjs', build: true },
  dev: { script: 'scripts/dev.mjs', build: true },
  runctl: { script: 'scripts/runctl.mjs', build: true, quick: true },
  image: { script: 'scripts/image.mjs', build: true },
};

/**
 * Gets pnpm, installs, builds where the command needs it, then runs the command.
 *
 * @param {string[]} argv the command's name and its arguments
 * @returns {Promise<number>} the exit code
 */
export async function runBootstrap([name, ...rest]) {
  const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined;
  if (!command) {
    const given = name ? `there is no command "${name}"` : 'no command was given';
    console.error(`bootstrap: ${given}. One of: ${Object.keys(commands).join(', ')}.`);
    return 2;
  }
  try {
    const isReady = command.quick && isInstallCurrent() && isBuildCurrent();
    const env = isReady ? process.env : await prepare(command);
    return await runAttached(process.execPath, [command.script, ...rest], { cwd: root, env });
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    console.error(`\n${error.message}`);
    if (error.output) console.error(`\n${error.output.trimEnd()}`);
    if (name === 'verify') console.log('\n0 passed, 1 failed');
    return 1;
  }
}

async function prepare(command) {
  if (!existsSync(join(root, command.script))) {
    throw new StepFailure(`${command.script} is missing from this checkout.`);
  }
  const print = command.quick ? console.error : console.log;
  const pnpm = await progressLine('pnpm', findPnpm, (found) => found.version, print);
  const env = withPnpm(process.env, pnpm);
  await progressLine(
    'install',
    () => installDependencies(env, pnpm),
    (result) => result,
    print,
  );
  if (command.build)
    await progressLine(
      'build',
      () => build(env),
      (result) => result,
      print,
    );
  return env;
}

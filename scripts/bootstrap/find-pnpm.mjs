import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runCommand } from '../process/run-command.mjs';
import { StepFailure } from '../process/step-failure.mjs';
import { root } from '../workspace/root.mjs';
import { explainNpmFailure } from './explain-npm-failure.mjs';
import { findNpm } from './find-npm.mjs';
import { readStamp } from './install-stamp.mjs';

const onWindows = process.platform === 'win32';

/** @returns {string} the version that `packageManager` in package.json pins */
export function pinnedPnpmVersion() {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return packageManager.replace(/^pnpm@/, '').replace(/\+.*$/, '');
}

/**
 * A pnpm of the pinned version: the one on the PATH, the one found last time, or one that npm fetches into its cache.
 * Needs no root, no Corepack and no answer to a question.
 *
 * @returns {Promise<{ version: string, folder: string | undefined }>} `folder` is to be put on the PATH; undefined
 *   where pnpm is on it already
 */
export async function findPnpm() {
  const version = pinnedPnpmVersion();
  if ((await versionOf(undefined)) === version) return { version, folder: undefined };
  const known = readStamp()?.pnpmFolder;
  if (known && (await versionOf(known)) === version) return { version, folder: known };
  return { version, folder: await fetchPnpm(version) };
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {{ folder: string | undefined }} pnpm
 * @returns {NodeJS.ProcessEnv} an environment in which `pnpm` is the pinned one, for this process's children and theirs
 */
export function withPnpm(env, pnpm) {
  const quiet = { ...env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' };
  if (!pnpm.folder) return quiet;
  const name = Object.keys(env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  return { ...quiet, [name]: `${pnpm.folder}${delimiter}${env[name] ?? ''}` };
}

async function versionOf(folder) {
  const command = folder ? join(folder, 'pnpm') : 'pnpm';
  if (folder && !existsSync(command)) return undefined;
  const result = await runCommand(onWindows ? `"${command}"` : command, ['--version'], {
    shell: onWindows,
    timeoutMs: 60_000,
  });
  return result.code === 0 ? result.output.trim() : undefined;
}

/** npm puts what it fetched on the PATH of what it runs; so the child's PATH tells where pnpm lies. */
async function fetchPnpm(version) {
  const npm = findNpm();
  const say = 'process.stdout.write(JSON.stringify(process.env.PATH||process.env.Path))';
  const args = [...npm.args, 'exec', '--yes', `--package=pnpm@${version}`, '--', 'node', '-e'];
  const result = await runCommand(npm.command, [...args, npm.shell ? `"${say}"` : say], {
    cwd: root,
    shell: npm.shell,
    timeoutMs: 300_000,
  });
  if (result.code !== 0) throw new StepFailure(explainNpmFailure(`pnpm ${version}`, result), result.output);
  const path = JSON.parse(result.output.match(/"(?:[^"\\]|\\.)*"\s*$/)?.[0] ?? '""');
  for (const folder of path.split(delimiter)) {
    if (existsSync(join(folder, 'pnpm')) && (await versionOf(folder)) === version) return folder;
  }
  throw new StepFailure(
    `npm said that it fetched pnpm ${version}, but it is not where npm keeps such things. Install it yourself ` +
      `(npm install --global pnpm@${version}) and run the same command again.`,
    result.output,
  );
}

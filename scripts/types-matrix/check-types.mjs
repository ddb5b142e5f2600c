import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../process/run-command.mjs';
import { toolScript } from '../process/run-tool.mjs';
import { installInto } from '../verify/steps/install-tarballs.mjs';
import { root } from '../workspace/root.mjs';
import { compilers, settings } from './settings.mjs';

/** Two cores are what a small CI machine has. */
const atOnce = 2;

/**
 * @typedef {object} Checked one compiler with one setting
 * @property {string} line e.g. `5.0`
 * @property {string} setting
 * @property {number} seconds
 * @property {string} complaints empty where all is well
 */

/**
 * Type-checks a user's program, and with it every declaration that it reaches, against installed packages.
 *
 * @param {string} project with the packages in its node_modules
 * @param {string} folder where compilers are installed, made where it is missing
 * @param {string[]} lines of TypeScript, e.g. `5.0`
 * @returns {Promise<Checked[]>}
 */
export async function checkTypes(project, folder, lines) {
  const scripts = await installCompilers(folder, lines);
  const waiting = lines.flatMap((line) => Object.keys(settings).map((setting) => ({ line, setting })));
  const checked = new Map(waiting.map((cell) => [cell, undefined]));
  const work = async () => {
    for (let cell = waiting.shift(); cell; cell = waiting.shift()) {
      checked.set(cell, { ...cell, ...(await check(project, scripts.get(cell.line), cell)) });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return [...checked.values()];
}

/** From npm, under names of their own, and so outside the lockfile; this repository's own compiler is there already. */
async function installCompilers(folder, lines) {
  const { version: own } = JSON.parse(readFileSync(join(root, 'node_modules/typescript/package.json'), 'utf8'));
  const others = lines.filter((line) => compilers[line] !== own);
  const dependencies = others.map((line) => [`typescript-${line}`, `npm:typescript@${compilers[line]}`]);
  if (others.length > 0) await installInto(folder, [], Object.fromEntries(dependencies));
  const installed = (line) => join(folder, 'node_modules', `typescript-${line}`, 'bin/tsc');
  return new Map(lines.map((line) => [line, others.includes(line) ? installed(line) : toolScript('tsc')]));
}

async function check(project, script, { line, setting }) {
  const folder = join(project, `types-${line}-${setting}`);
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(root, 'scripts/types-matrix/consumer.ts'), join(folder, 'consumer.ts'));
  const config = { compilerOptions: settings[setting], files: ['consumer.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const args = [script, '-p', folder, '--pretty', 'false'];
  const { code, output, seconds } = await runCommand(process.execPath, args, { cwd: project, timeoutMs: 300_000 });
  return { seconds, complaints: code === 0 ? '' : output.trim() || `exit code ${code}` };
}

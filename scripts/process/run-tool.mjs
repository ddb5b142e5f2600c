import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../workspace/root.mjs';
import { runCommand } from './run-command.mjs';

/** The package that holds a tool, where it is not the tool's own name. */
const packageOf = {
  attw: '@arethetypeswrong/cli',
  biome: '@biomejs/biome',
  changeset: '@changesets/cli',
  tsc: 'typescript',
};

/**
 * Runs a development tool of this repository by its script, with this Node: the same on every system, without a shell.
 *
 * @param {string} tool the command's name, e.g. `turbo`
 * @param {string[]} args
 * @param {Parameters<typeof runCommand>[2]} [options]
 */
export function runTool(tool, args, options) {
  return runCommand(process.execPath, [toolScript(tool), ...args], { cwd: root, ...options });
}

/** @param {string} tool */
export function toolScript(tool) {
  const folder = join(root, 'node_modules', packageOf[tool] ?? tool);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[tool]);
}

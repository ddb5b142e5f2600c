import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../process/run-command.mjs';
import { StepFailure } from '../../process/step-failure.mjs';
import { root } from '../../workspace/root.mjs';

/** A package registry's address, or a setting that names one: it would hold for one machine or one company only. */
const registry = new RegExp(
  [
    'https?:\\/\\/(?:[\\w-]+\\.)*(?:registry|npm|artifactory|nexus|verdaccio)\\.[\\w.-]+',
    '^\\s*(?:@[\\w-]+:)?registry\\s*=',
  ].join('|'),
  'im',
);
/** No source is this large, bytes; what is was committed by mistake. */
const largest = 512 * 1024;

/**
 * @param {string} name of the file
 * @param {string} text
 * @returns {string[]} what is wrong with it
 */
export function sourceProblems(name, text) {
  const problems = [];
  if (text.length > largest) problems.push(`${name}: ${Math.round(text.length / 1024)} kB is no source; keep it out`);
  const match = registry.exec(text);
  if (match) {
    const line = text.slice(0, match.index).split('\n').length;
    problems.push(
      `${name}:${line}: names a package registry (${match[0].trim()}); leave that to the machine's settings`,
    );
  }
  return problems;
}

export const sources = {
  name: 'sources',
  does: 'no tracked file names a registry or is no source at all',
  async run() {
    const listed = await runCommand('git', ['ls-files', '-z'], { cwd: root, timeoutMs: 120_000 });
    if (listed.code !== 0) return { warning: 'git lists no files here, so nothing was looked at.' };
    const names = listed.output
      .split('\0')
      .filter((name) => name && statSync(join(root, name), { throwIfNoEntry: false })?.isFile());
    const problems = names.flatMap((name) => sourceProblems(name, readFileSync(join(root, name), 'utf8')));
    if (problems.length > 0) throw new StepFailure('Files hold what belongs to no source.', problems.join('\n'));
    return { note: `${names.length} files` };
  },
};

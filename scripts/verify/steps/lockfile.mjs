import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StepFailure } from '../../process/step-failure.mjs';
import { root } from '../../workspace/root.mjs';

/** Binaries of other systems than the one that wrote the lockfile. A lockfile without them installs nothing there. */
const otherSystems = ['@turbo/darwin-arm64', '@biomejs/cli-win32-x64', '@rollup/rollup-darwin-arm64'];

/**
 * @param {string} text of pnpm-lock.yaml
 * @returns {string[]} what is wrong with it
 */
export function lockfileProblems(text) {
  const hosts = text
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => /https?:\/\/|tarball:/.test(line))
    .map(({ line, number }) => `pnpm-lock.yaml:${number}: names a host: ${line.trim()}`);
  const missing = otherSystems
    .filter((name) => !text.includes(`'${name}@`))
    .map((name) => `pnpm-lock.yaml: does not name ${name}; install would bring nothing there`);
  return [...hosts, ...missing];
}

export const lockfile = {
  name: 'lockfile',
  does: 'holds hashes only, no host, and the binaries of every system',
  run() {
    const problems = lockfileProblems(readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8'));
    if (problems.length === 0) return {};
    throw new StepFailure('Write the lockfile again with a plain registry setup.', problems.join('\n'));
  },
};

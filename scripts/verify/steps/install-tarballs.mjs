import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { explainNpmFailure } from '../../bootstrap/explain-npm-failure.mjs';
import { findNpm } from '../../bootstrap/find-npm.mjs';
import { runCommand } from '../../process/run-command.mjs';
import { StepFailure } from '../../process/step-failure.mjs';
import { publishedPackages } from '../../workspace/packages.mjs';

/**
 * Installs tarballs into a folder with npm, as a user's project would, so that they resolve each other.
 *
 * @param {string} folder made where it is missing; must lie outside the repository
 * @param {import('./pack.mjs').PackedPackage[]} packed
 * @param {Record<string, string>} [others] further dependencies
 */
export async function installInto(folder, packed, others = {}) {
  mkdirSync(folder, { recursive: true });
  const dependencies = Object.fromEntries(packed.map(({ name, tarball }) => [name, `file:${tarball}`]));
  // Not yet published versions depend on each other; `$name` says: the one that this project installs.
  const overrides = Object.fromEntries(packed.map(({ name }) => [name, `$${name}`]));
  const manifest = {
    name: 'quick-start',
    private: true,
    type: 'module',
    dependencies: { ...dependencies, ...others },
    overrides,
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  const npm = findNpm();
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--no-progress'];
  const result = await runCommand(npm.command, [...npm.args, 'install', ...quiet], {
    cwd: folder,
    env: withoutNpmSettings(process.env),
    shell: npm.shell,
    timeoutMs: 600_000,
  });
  if (result.code !== 0) throw new StepFailure(explainNpmFailure('What the packages depend on', result), result.output);
}

/** `npm test` tells its children where it runs; an npm started by them must look at its own folder. */
function withoutNpmSettings(env) {
  const foreign = /^npm_(package|lifecycle|config_(local_prefix|prefix|global_prefix))|^INIT_CWD$/i;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !foreign.test(name)));
}

/**
 * Installs what was packed, and what is optional to it: samples and types may use the entries that need that.
 *
 * @param {string} folder
 * @param {import('./pack.mjs').PackedPackage[]} packed
 */
export async function installPacked(folder, packed) {
  const peers = publishedPackages().map(({ manifest }) => manifest.peerDependencies ?? {});
  await installInto(folder, packed, Object.assign({}, ...peers));
}

export const installTarballs = {
  name: 'install-tarballs',
  does: 'npm installs the tarballs into an empty folder, without any install script',
  needs: ['pack'],
  async run({ folder, results }) {
    const project = join(folder, 'project');
    await installPacked(project, results.get('pack'));
    return { value: project };
  },
};

import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../process/run-command.mjs';
import { StepFailure } from '../../process/step-failure.mjs';
import { publishedPackages } from '../../workspace/packages.mjs';

/** @typedef {{ name: string, version: string, tarball: string }} PackedPackage */

/**
 * Packs every published package as `pnpm publish` would.
 *
 * @param {string} folder where the tarballs go, made where it is missing
 * @returns {Promise<PackedPackage[]>}
 */
export async function packPackages(folder) {
  return await Promise.all(
    publishedPackages().map(async ({ name, short, folder: source, manifest }) => {
      const destination = join(folder, short);
      mkdirSync(destination, { recursive: true });
      const result = await runCommand('pnpm', ['pack', '--pack-destination', destination], {
        cwd: source,
        shell: process.platform === 'win32',
        timeoutMs: 180_000,
      });
      const file = readdirSync(destination).find((entry) => entry.endsWith('.tgz'));
      if (result.code !== 0 || !file) throw new StepFailure(`${name} could not be packed.`, result.output);
      return { name, version: manifest.version, tarball: join(destination, file) };
    }),
  );
}

export const pack = {
  name: 'pack',
  does: 'every published package makes a tarball',
  needs: ['build'],
  async run({ folder }) {
    const packed = await packPackages(join(folder, 'tarballs'));
    return { note: `${packed.length} tarballs`, value: packed };
  },
};

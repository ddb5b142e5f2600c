import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishedPackages } from '../workspace/packages.mjs';
import { root } from '../workspace/root.mjs';
import { parseChangeset } from './parse-changeset.mjs';

/**
 * @returns {{ changesets: import('./release-problems.mjs').Changeset[],
 *   packages: import('./release-problems.mjs').ReleasedPackage[] }} what waits in .changeset/, and whom it concerns
 */
export function readReleasePlan() {
  const folder = join(root, '.changeset');
  const changesets = readdirSync(folder)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .map((file) => ({
      file: `.changeset/${file}`,
      releases: parseChangeset(readFileSync(join(folder, file), 'utf8')),
    }));
  const packages = publishedPackages().map(({ name, folder: source, manifest }) => ({
    name,
    version: manifest.version,
    dependsOn: Object.keys(manifest.dependencies ?? {}),
    showsTypesOf: importedTypes(join(source, 'src')),
  }));
  return { changesets, packages };
}

/** The workspace packages that a package's own sources name: their types stand in its declarations. */
function importedTypes(folder) {
  if (!existsSync(folder)) return [];
  const names = new Set();
  for (const file of readdirSync(folder, { recursive: true })) {
    if (!file.endsWith('.ts') || /\.test(-d)?\.ts$/.test(file)) continue;
    for (const [, name] of readFileSync(join(folder, file), 'utf8').matchAll(/from '(@runctl\/[^/']+)/g))
      names.add(name);
  }
  return [...names];
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

/**
 * @typedef {object} WorkspacePackage
 * @property {string} name e.g. `@runctl/core`
 * @property {string} short the folder's name, e.g. `core`
 * @property {string} folder absolute
 * @property {boolean} published
 * @property {Record<string, any>} manifest
 */

/**
 * @param {string} [base] the repository
 * @returns {WorkspacePackage[]} all under packages/, by name of folder
 */
export function workspacePackages(base = root) {
  return readdirSync(join(base, 'packages'))
    .filter((short) => existsSync(join(base, 'packages', short, 'package.json')))
    .map((short) => {
      const folder = join(base, 'packages', short);
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      return { name: manifest.name, short, folder, published: !manifest.private, manifest };
    });
}

/** @returns {WorkspacePackage[]} those that go to the registry */
export function publishedPackages() {
  return workspacePackages().filter((entry) => entry.published);
}

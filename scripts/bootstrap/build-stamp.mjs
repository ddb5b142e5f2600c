import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../workspace/root.mjs';

const stampFile = join(root, 'node_modules/.runctl-build.json');
const built = join(root, 'packages/runtime/dist/bin/main.js');

/** Says that what the sources are now has been built. */
export function writeBuildStamp() {
  writeFileSync(stampFile, `${JSON.stringify({ key: buildKey() })}\n`);
}

/** @returns {boolean} whether no source has been touched since the last build, found without asking any tool */
export function isBuildCurrent() {
  try {
    return existsSync(built) && JSON.parse(readFileSync(stampFile, 'utf8')).key === buildKey();
  } catch {
    return false;
  }
}

/** Names, sizes and times are enough: a touch too many costs one look into turbo's cache. */
function buildKey() {
  const hash = createHash('sha256');
  const packages = join(root, 'packages');
  for (const name of readdirSync(packages).sort()) {
    for (const part of ['package.json', 'tsup.config.ts', 'src']) addTo(hash, join(packages, name, part));
  }
  addTo(hash, join(root, 'tsup.base.ts'));
  return hash.digest('hex');
}

function addTo(hash, path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (stats.isDirectory()) for (const name of readdirSync(path).sort()) addTo(hash, join(path, name));
  else hash.update(`${path} ${stats.size} ${stats.mtimeMs}\n`);
}

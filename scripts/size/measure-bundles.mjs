import { join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from '../workspace/root.mjs';
import { bundle, entry } from './bundle.mjs';
import { bundles } from './bundles.mjs';

/**
 * @typedef {object} MeasuredBundle
 * @property {string} name
 * @property {number} bytes minified and gzipped
 * @property {number} budget
 * @property {string[]} problems
 */

/** @returns {Promise<MeasuredBundle[]>} in the order of the table */
export async function measureBundles() {
  return await Promise.all(bundles.map(measure));
}

async function measure({ name, code, budget, held = budget, packages }) {
  try {
    const { outputFiles, metafile } = await bundle(code);
    const bytes = gzipSync(outputFiles[0].contents, { level: 9 }).length;
    const over = bytes > held ? [`${name}: ${bytes} bytes gzipped, and it may weigh ${held} at most`] : [];
    return {
      name,
      bytes,
      budget,
      problems: [...over, ...strangers(name, packages, Object.values(metafile.outputs)[0])],
    };
  } catch (error) {
    const reasons = (error.errors ?? [error]).map((each) => each.text ?? each.message);
    return { name, bytes: 0, budget, problems: reasons.map((reason) => `${name}: does not bundle: ${reason}`) };
  }
}

function strangers(name, packages, { inputs, imports }) {
  const inside = Object.entries(inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => relative(root, join(root, path)).split(sep).join('/'))
    .filter(
      (path) => path.startsWith('packages/') && !path.endsWith(`/${entry}`) && !packages.includes(path.split('/')[1]),
    )
    .map((path) => `${name}: holds ${path}, which it does not use`);
  const node = imports.map(({ path }) => `${name}: imports ${path}, which is not there at the edge`);
  return [...inside, ...node];
}

import { join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from '../workspace/root.mjs';
import { bundles } from './bundles.mjs';

/**
 * @typedef {object} MeasuredBundle
 * @property {string} name
 * @property {number} bytes minified and gzipped
 * @property {number} budget
 * @property {string[]} problems
 */

/** The user's own file, which is inside every bundle. */
const entry = 'entry.js';

/** @returns {Promise<MeasuredBundle[]>} in the order of the table */
export async function measureBundles() {
  return await Promise.all(bundles.map(measure));
}

async function measure({ name, code, budget, packages }) {
  try {
    const { outputFiles, metafile } = await bundle(code);
    const bytes = gzipSync(outputFiles[0].contents, { level: 9 }).length;
    const over = bytes > budget ? [`${name}: ${bytes} bytes gzipped, the budget is ${budget}`] : [];
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

/** As wrangler does for workerd. Node's own modules stay outside, so that one that slipped in can be named. */
async function bundle(code) {
  return await build({
    // The umbrella's folder: from there every package of the SDK resolves to what was built.
    stdin: { contents: code, resolveDir: join(root, 'packages/sdk'), sourcefile: entry },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*'],
    absWorkingDir: root,
    logLevel: 'silent',
  });
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

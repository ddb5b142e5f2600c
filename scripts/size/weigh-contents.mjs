import { bundle } from './bundle.mjs';
import { bundles } from './bundles.mjs';

/**
 * @param {string} name of a bundle
 * @returns {Promise<{ path: string, bytes: number }[]>} the files inside, minified and not compressed, heaviest first
 */
export async function weighContents(name) {
  const wanted = bundles.find((each) => each.name === name);
  if (!wanted)
    throw new TypeError(`There is no bundle "${name}". One of: ${bundles.map((each) => each.name).join(', ')}.`);
  const { metafile } = await bundle(wanted.code, ['@runctl/source']);
  return Object.entries(Object.values(metafile.outputs)[0].inputs)
    .map(([path, { bytesInOutput }]) => ({ path: path.replace(/^.*node_modules\//, ''), bytes: bytesInOutput }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes);
}

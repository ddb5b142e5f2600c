import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from '../workspace/root.mjs';

/** The user's own file, which is inside every bundle. */
export const entry = 'entry.js';

/**
 * Bundles as wrangler does for workerd. Node's own modules stay outside, so that one that slipped in can be named.
 *
 * @param {string} code what the user wrote
 * @param {string[]} [conditions] further export conditions
 */
export async function bundle(code, conditions = []) {
  return await build({
    // The umbrella's folder: from there every package of the SDK resolves.
    stdin: { contents: code, resolveDir: join(root, 'packages/sdk'), sourcefile: entry },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: [...conditions, 'workerd', 'worker', 'browser'],
    external: ['node:*'],
    absWorkingDir: root,
    logLevel: 'silent',
  });
}

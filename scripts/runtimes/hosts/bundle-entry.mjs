import { join } from 'node:path';

/**
 * Bundles an entry against what is installed in a project, as the tools of its runtime do.
 *
 * @param {string} project
 * @param {string} entry file in the project
 * @param {string} outfile in the project
 * @param {string[]} conditions export conditions
 */
export async function bundleEntry(project, entry, outfile, conditions) {
  const { build } = await import('esbuild');
  await build({
    entryPoints: [join(project, entry)],
    outfile: join(project, outfile),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions,
    logLevel: 'error',
  });
}

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { workspacePackages } from '../workspace/packages.mjs';
import { difference } from './difference.mjs';
import { readSurfaces } from './read-surface.mjs';

/**
 * Compares what each published package exports with its snapshot, `packages/<name>/exports.snapshot.md`.
 *
 * @param {string} base the repository's folder
 * @returns {Promise<{ names: number, problems: string[] }>}
 */
export async function checkExports(base) {
  const result = { names: 0, problems: [] };
  for (const { file, text, names, problems } of await snapshots(base)) {
    const accepted = existsSync(file) ? readFileSync(file, 'utf8') : '';
    result.names += names;
    result.problems.push(...problems);
    if (accepted !== text) result.problems.push(`${relative(base, file)}:\n${difference(accepted, text)}`);
  }
  return result;
}

/**
 * Writes the snapshots anew: the change is meant.
 *
 * @param {string} base
 * @returns {Promise<{ names: number, problems: string[] }>}
 */
export async function acceptExports(base) {
  for (const { file, text } of await snapshots(base)) writeFileSync(file, text);
  return await checkExports(base);
}

async function snapshots(base) {
  const packages = workspacePackages(base).filter(({ published }) => published);
  return await Promise.all(
    packages.map(async (each) => {
      const surfaces = await readSurfaces(each);
      return {
        file: join(each.folder, 'exports.snapshot.md'),
        text: printSnapshot(each.name, surfaces),
        names: surfaces.reduce((sum, { declarations }) => sum + declarations.size, 0),
        problems: surfaces.flatMap(({ problems }) => problems),
      };
    }),
  );
}

/**
 * @param {string} name of the package
 * @param {import('./read-surface.mjs').Surface[]} surfaces
 * @returns {string} Markdown
 */
export function printSnapshot(name, surfaces) {
  const parts = surfaces.map(({ specifier, declarations, others }) => {
    const code = [...(others.length > 0 ? [others.join('\n')] : []), ...declarations.values()].join('\n\n');
    return `## ${specifier}\n\n\`\`\`ts\n${code}\n\`\`\`\n`;
  });
  return `# What ${name} exports\n\nWritten by \`pnpm exports\`, which accepts a change; \`npm test\` fails where this is not what was built.\n\n${parts.join('\n')}`;
}

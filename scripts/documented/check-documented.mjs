import { existsSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { workspacePackages } from '../workspace/packages.mjs';
import { hasDocBlock, undocumentedMembers } from './doc-blocks.mjs';
import { collectExports } from './exports.mjs';

/**
 * Looks at everything that the published packages export, through every `export … from`.
 *
 * @param {string} base the repository's folder
 * @returns {{ names: number, members: number, problems: string[] }} each problem as `file:line: what`
 */
export function checkDocumented(base) {
  const result = { names: 0, members: 0, problems: [] };
  const seen = new Set();
  for (const { folder, name, published, manifest } of workspacePackages(base)) {
    if (!published) continue;
    for (const [subpath, target] of Object.entries(manifest.exports ?? {})) {
      const entry = target?.['@runctl/source'] && join(folder, target['@runctl/source']);
      if (!entry) continue;
      if (!existsSync(entry)) {
        result.problems.push(`${relative(base, entry)}:1: ${name}${subpath.slice(1)} is exported but not there`);
        continue;
      }
      for (const exported of collectExports(entry, readText))
        if (isNew(exported, seen)) inspect(exported, base, result);
    }
  }
  return result;
}

function isNew({ file, name, node }, seen) {
  const key = `${file} ${name} ${node.start}`;
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}

function inspect({ file, name, node, statement }, base, result) {
  const at = (where) => `${relative(base, file).split(sep).join('/')}:${where.loc.start.line}`;
  result.names += 1;
  if (!hasDocBlock(statement) && !hasDocBlock(node)) result.problems.push(`${at(statement)}: ${name} has no doc block`);
  const { count, missing } = undocumentedMembers(node);
  result.members += count;
  for (const member of missing) result.problems.push(`${at(member.node)}: ${name}.${member.name} has no doc block`);
}

function readText(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

import { packageTable, runtimeFolders, runtimeOwners } from './architecture.mjs';

/**
 * What is wrong with one import of one file.
 *
 * @param {import('./source-files.mjs').SourceFile} file
 * @param {import('./imports.mjs').Import} imported
 * @param {Set<string>} nodeFiles files that only Node loads, by a package's `imports` condition
 * @returns {string[]}
 */
export function importProblems(file, imported, nodeFiles) {
  if (file.package === undefined) return [];
  const problems = [pathProblem(file, imported), ownIndexProblem(file, imported)];
  if (!file.isTest) {
    problems.push(packageProblem(file, imported), nodeProblem(file, imported, nodeFiles));
    if (file.package === 'runtime') problems.push(folderProblem(file, imported), ownerProblem(file, imported));
  }
  return problems.filter(Boolean).map((problem) => `${file.path}:${imported.line}: ${problem}`);
}

function packageProblem(file, { package: name, typeOnly }) {
  if (!name || name === file.package) return undefined;
  const row = packageTable[file.package];
  if (!row) return `packages/${file.package} has no row in scripts/layout/architecture.mjs; add one`;
  if (row.imports.includes(name) || (typeOnly && row.types.includes(name))) return undefined;
  if (partImports(file, row).includes(name)) return undefined;
  if (row.types.includes(name)) return `@runctl/${name} may be imported by \`import type\` only`;
  return `${file.package} must not import @runctl/${name}; what two packages need belongs to core, ids cross as strings`;
}

function partImports(file, { parts = {} }) {
  const part = Object.keys(parts).find((folder) => file.path.startsWith(`packages/${file.package}/src/${folder}/`));
  return part === undefined ? [] : parts[part];
}

function pathProblem(file, { specifier, target }) {
  if (/^@runctl\/[^/]+\/(src|dist)\b/.test(specifier)) {
    return `${specifier} reaches into another package; import what its package.json exports`;
  }
  const other = target?.match(/^packages\/([^/]+)\//)?.[1];
  if (!specifier.startsWith('.') || other === undefined || other === file.package) return undefined;
  return `${specifier} reaches into packages/${other} by path; import @runctl/${other}`;
}

function ownIndexProblem(file, { specifier, target, package: name }) {
  if (file.isTest) return undefined;
  if (name === file.package) return `${specifier} is this file's own package; import the file that has it`;
  const isIndex = target === `packages/${file.package}/src/index.ts`;
  const isSibling = /\/index\.ts$/.test(target ?? '') && target === file.path.replace(/[^/]+$/, 'index.ts');
  if (!isIndex && !isSibling) return undefined;
  return `${specifier} is an index this file is part of; import the file that has what you need`;
}

function nodeProblem(file, { specifier, typeOnly }, nodeFiles) {
  if (!specifier.startsWith('node:') || !packageTable[file.package]?.nodeFree || nodeFiles.has(file.path)) {
    return undefined;
  }
  return `${specifier}: @runctl/${file.package} runs in browsers and at the edge too${typeOnly ? ', types included' : ''}`;
}

function folderProblem(file, { specifier, target, typeOnly }) {
  const from = folderOf(file.path);
  const to = folderOf(target ?? '');
  const { never = [], typesOnly = [] } = runtimeFolders[from] ?? {};
  const way = 'the way is http -> services -> engine, store, models, tools';
  if (never.includes(to)) return `${specifier}: ${from}/ must not know ${to}/; ${way}`;
  if (typesOnly.includes(to) && !typeOnly) {
    return `${specifier}: ${from}/ may take types of ${to}/, no code; hand it in as an argument`;
  }
  return undefined;
}

function ownerProblem(file, { specifier, typeOnly }) {
  const name = Object.keys(runtimeOwners).find((owned) => specifier === owned || specifier.startsWith(`${owned}/`));
  const folder = folderOf(file.path);
  if (!name || typeOnly || runtimeOwners[name].includes(folder)) return undefined;
  return `${specifier} is for ${runtimeOwners[name].map((owner) => `${owner}/`).join(' and ')} only`;
}

function folderOf(path) {
  return path.match(/^packages\/runtime\/src\/([^/]+)\//)?.[1];
}

import { posix } from 'node:path';
import { workspacePackages } from '../workspace/packages.mjs';
import { inspectCode } from './code-rules.mjs';
import { findCycles } from './cycles.mjs';
import { figuresOf } from './figures.mjs';
import { importProblems } from './import-rules.mjs';
import { importsOf } from './imports.mjs';
import { sourceFiles } from './source-files.mjs';

/**
 * Holds a repository to its architecture.
 *
 * @param {string} base the repository's folder
 * @returns {{ figures: import('./figures.mjs').Figures, problems: string[] }} each problem as `file:line: what, what to do`
 */
export function checkLayout(base) {
  const packages = workspacePackages(base);
  const exportsOf = new Map(packages.map(({ short, manifest }) => [short, manifest.exports ?? {}]));
  const nodeFiles = new Set(packages.flatMap(filesForNode));
  const files = sourceFiles(base);
  const problems = [];
  const functionLines = [];
  const graph = new Map();
  for (const file of files) {
    const code = inspectCode(file);
    const imports = importsOf(file, base, exportsOf);
    functionLines.push(...code.functionLines);
    problems.push(...code.problems, ...imports.flatMap((each) => importProblems(file, each, nodeFiles)));
    graph.set(file.path, [...new Set(imports.map((each) => each.target).filter(Boolean))]);
  }
  const cycles = findCycles(graph);
  problems.push(...cycles.map((cycle) => cycleProblem(cycle)));
  return { figures: figuresOf(files, functionLines, cycles), problems };
}

/** Files that a package loads on Node only: `"imports": { "#fetch": { "node": "./src/…", "default": "./src/…" } }`. */
function filesForNode({ short, manifest }) {
  return Object.values(manifest.imports ?? {})
    .flatMap((conditions) => nodeTargets(conditions, false))
    .map((target) => posix.join('packages', short, target));
}

function nodeTargets(conditions, underNode) {
  if (typeof conditions === 'string') return underNode ? [conditions] : [];
  return Object.entries(conditions ?? {}).flatMap(([name, value]) => nodeTargets(value, underNode || name === 'node'));
}

function cycleProblem(cycle) {
  return `${cycle[0]}:1: imports itself in a circle (types counted): ${[...cycle, cycle[0]].join(' -> ')}; move what both need to a file of its own`;
}

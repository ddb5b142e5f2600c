import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { parse } from '@babel/parser';

const skipped = new Set(['node_modules', 'dist', 'coverage', '.turbo', '.runctl']);

/**
 * @typedef {object} SourceFile
 * @property {string} path from the repository's folder, with slashes
 * @property {string | undefined} package the folder under packages/
 * @property {boolean} isTest
 * @property {string} text
 * @property {number} lines
 * @property {import('@babel/parser').ParseResult} ast
 */

/**
 * Reads and parses every file under packages/<name>/src, scripts and examples.
 *
 * @param {string} base the repository's folder
 * @returns {SourceFile[]}
 */
export function sourceFiles(base) {
  const packages = foldersIn(join(base, 'packages')).map((name) => join('packages', name, 'src'));
  return [...packages, 'scripts', 'examples']
    .flatMap((folder) => filesBelow(join(base, folder)))
    .filter((path) => /\.(ts|tsx|mjs)$/.test(path) && !path.endsWith('.d.ts'))
    .map((path) => readSource(base, path));
}

/**
 * @param {string} path
 * @param {string} text
 * @returns {import('@babel/parser').ParseResult} a file that does not parse is left to the compiler: it comes back empty
 */
export function parseSource(path, text) {
  return parse(text, {
    sourceType: 'module',
    plugins: ['typescript', ...(path.endsWith('.tsx') ? ['jsx'] : []), 'explicitResourceManagement'],
    errorRecovery: true,
    attachComment: true,
  });
}

function readSource(base, absolute) {
  const path = relative(base, absolute).split(sep).join('/');
  const text = readFileSync(absolute, 'utf8');
  return {
    path,
    package: path.match(/^packages\/([^/]+)\//)?.[1],
    // `x.test.ts`, `x.test-d.ts` for types, `x.test-rig.ts` for what several tests need.
    isTest: /\.(test|test-[a-z]+)\.(ts|tsx|mjs)$/.test(path),
    text,
    lines: text.replace(/\n$/, '').split('\n').length,
    ast: parseSource(path, text),
  };
}

function foldersIn(folder) {
  return statSync(folder, { throwIfNoEntry: false }) ? readdirSync(folder) : [];
}

function filesBelow(folder) {
  return foldersIn(folder).flatMap((name) => {
    if (skipped.has(name)) return [];
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}

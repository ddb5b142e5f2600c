import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { walkSyntax } from './walk-syntax.mjs';

/**
 * @typedef {object} Import
 * @property {string} specifier as written
 * @property {boolean} typeOnly
 * @property {number} line
 * @property {string | undefined} package the workspace package it names, e.g. `core` for `@runctl/core/webhooks`
 * @property {string | undefined} target the file it leads to, from the repository's folder; undefined outside of it
 */

/**
 * Everything a file imports: `import`, `export … from`, `import()` and `import('…')` in types.
 *
 * @param {import('./source-files.mjs').SourceFile} file
 * @param {string} base the repository's folder
 * @param {Map<string, Record<string, any>>} exportsOf package.json `exports` by workspace package
 * @returns {Import[]}
 */
export function importsOf(file, base, exportsOf) {
  const found = [];
  const add = (source, typeOnly) => {
    if (source?.type !== 'StringLiteral') return;
    const specifier = source.value;
    const [, name, subpath = ''] = specifier.match(/^@runctl\/([^/]+)(.*)$/) ?? [];
    const target = name ? packageFile(exportsOf, name, subpath) : relativeFile(file.path, specifier, base);
    found.push({ specifier, typeOnly, line: source.loc.start.line, package: name, target });
  };
  walkSyntax(file.ast.program, (node) => {
    if (node.type === 'ImportDeclaration') add(node.source, isTypeOnly(node, node.importKind));
    else if (node.type === 'ExportNamedDeclaration') add(node.source, isTypeOnly(node, node.exportKind));
    else if (node.type === 'ExportAllDeclaration') add(node.source, node.exportKind === 'type');
    else if (node.type === 'ImportExpression') add(node.source, false);
    else if (node.type === 'CallExpression' && node.callee.type === 'Import') add(node.arguments[0], false);
    else if (node.type === 'TSImportType') add(node.argument, true);
  });
  return found;
}

function isTypeOnly(node, kind) {
  if (kind === 'type') return true;
  const specifiers = node.specifiers ?? [];
  return specifiers.length > 0 && specifiers.every((each) => each.importKind === 'type' || each.exportKind === 'type');
}

function relativeFile(from, specifier, base) {
  if (!specifier.startsWith('.')) return undefined;
  const path = posix.join(posix.dirname(from), specifier);
  return existsSync(join(base, path)) ? path : undefined;
}

function packageFile(exportsOf, name, subpath) {
  const entry = exportsOf.get(name)?.[`.${subpath}`];
  const file = typeof entry === 'string' ? entry : entry?.['@runctl/source'];
  return file ? posix.join('packages', name, file) : undefined;
}

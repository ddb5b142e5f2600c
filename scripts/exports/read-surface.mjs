import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { collectExports } from '../documented/exports.mjs';
import { parseSource } from '../layout/source-files.mjs';
import { printDeclaration } from './print-declaration.mjs';

/**
 * @typedef {object} Surface what one entry of a package gives to who imports it
 * @property {string} specifier e.g. `@runctl/core/webhooks`
 * @property {Map<string, string>} declarations by name, as the built declarations say them, without comments
 * @property {string[]} others re-exports of other packages, as they are written
 * @property {string[]} problems names that declarations and JavaScript do not share
 */

/**
 * Reads the built declarations of every entry of a package, and the names that its JavaScript really has.
 *
 * @param {import('../workspace/packages.mjs').WorkspacePackage} workspacePackage
 * @returns {Promise<Surface[]>}
 */
export async function readSurfaces({ name, folder, manifest }) {
  const entries = Object.entries(manifest.exports ?? {}).filter(([, target]) => target?.types);
  return await Promise.all(
    entries.map(async ([subpath, { types, default: script }]) => {
      const { declarations, others } = declarationsOf(join(folder, types));
      const values = Object.keys(await import(pathToFileURL(join(folder, script)).href));
      const specifier = name + subpath.slice(1);
      const hasStars = others.some((line) => line.includes('*'));
      return { specifier, declarations, others, problems: hasStars ? [] : unlike(specifier, declarations, values) };
    }),
  );
}

/**
 * @param {string} entry a `.d.ts` file
 * @returns {Pick<Surface, 'declarations' | 'others'>}
 */
export function declarationsOf(entry) {
  const exported = collectExports(entry, readDeclarations);
  const declarations = new Map(
    exported
      .map(({ file, name }) => [name, printDeclaration(name, readDeclarations(declarationFile(file)))])
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
  const text = readDeclarations(entry);
  const others = parseSource(entry, text)
    .program.body.filter(({ source, type }) => type.startsWith('Export') && source && !source.value.startsWith('.'))
    .map((statement) => text.slice(statement.start, statement.end));
  return { declarations, others };
}

/** A class that can only be named as a type, or a value that no declaration knows, breaks who trusts the types. */
function unlike(specifier, declarations, values) {
  const declared = [...declarations].filter(([, text]) => !/^(interface|type) /m.test(text)).map(([name]) => name);
  const missing = declared.filter((name) => !values.includes(name));
  const unknown = values.filter((name) => !declared.includes(name));
  return [
    ...missing.map((name) => `${specifier}: ${name} is declared as a value, but the JavaScript has no such export`),
    ...unknown.map((name) => `${specifier}: the JavaScript exports ${name}, which no declaration names as a value`),
  ];
}

function readDeclarations(file) {
  const path = declarationFile(file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function declarationFile(file) {
  return file.replace(/(?<!\.d)\.(js|ts)$/, '.d.ts');
}

import { dirname, join } from 'node:path';
import { parseSource } from '../layout/source-files.mjs';

/**
 * @typedef {object} Exported
 * @property {string} file where it is declared
 * @property {string} name as its declaration says
 * @property {any} node the declaration
 * @property {any} statement the statement around it, which carries the comment
 */

/**
 * Follows a package's entry to the declaration of everything it exports. What another package declares is looked at
 * there.
 *
 * @param {string} entry
 * @param {(file: string) => string | undefined} readText
 * @returns {Exported[]} overloads of one function count once, with their first
 */
export function collectExports(entry, readText) {
  const modules = new Map();
  const moduleAt = (file) => {
    if (!modules.has(file)) modules.set(file, readModule(file, readText(file) ?? ''));
    return modules.get(file);
  };
  const follow = (file, name, visited) => {
    if (visited.has(`${file} ${name}`)) return [];
    visited.add(`${file} ${name}`);
    const { declared, imported, exported, stars } = moduleAt(file);
    const local = exported.get(name);
    if (local?.from) return follow(local.from, local.name, visited);
    if (local?.outside) return [];
    const origin = imported.get(local?.name ?? name);
    if (local && origin) return origin.from ? follow(origin.from, origin.name, visited) : [];
    if (local) return (declared.get(local.name) ?? []).map((each) => ({ file, name: local.name, ...each }));
    return stars.flatMap((from) => follow(from, name, visited));
  };
  const names = (file, visited) => {
    if (visited.has(file)) return [];
    visited.add(file);
    const { exported, stars } = moduleAt(file);
    return [...exported.keys(), ...stars.flatMap((from) => names(from, visited))];
  };
  return [...new Set(names(entry, new Set()))].flatMap((name) => follow(entry, name, new Set()));
}

function readModule(file, text) {
  const module = { declared: new Map(), imported: new Map(), exported: new Map(), stars: [] };
  const resolve = (source) => (source.startsWith('.') ? join(dirname(file), source) : undefined);
  for (const statement of parseSource(file, text).program.body) readStatement(statement, module, resolve);
  return module;
}

function readStatement(statement, module, resolve) {
  if (statement.type === 'ImportDeclaration') {
    for (const { local, imported } of statement.specifiers) {
      module.imported.set(local.name, { from: resolve(statement.source.value), name: imported?.name ?? 'default' });
    }
  } else if (statement.type === 'ExportAllDeclaration') {
    const from = resolve(statement.source.value);
    if (from) module.stars.push(from);
  } else if (statement.type === 'ExportNamedDeclaration' && statement.declaration) {
    for (const name of declare(statement.declaration, statement, module)) module.exported.set(name, { name });
  } else if (statement.type === 'ExportNamedDeclaration') {
    const from = statement.source && resolve(statement.source.value);
    const outside = Boolean(statement.source && !from);
    for (const { exported, local } of statement.specifiers) {
      module.exported.set(exported.name, { name: local?.name, from, outside });
    }
  } else declare(statement, statement, module);
}

function declare(node, statement, { declared }) {
  const named = node.type === 'VariableDeclaration' ? node.declarations : [node];
  const names = [];
  for (const each of named) {
    const name = each.id?.name;
    if (!name) continue;
    names.push(name);
    const before = declared.get(name) ?? [];
    // Only the first overload carries the comment; an interface beside a class of the same name is a second thing.
    const isOverload = before.some((other) => /Function/.test(other.node.type) && /Function/.test(each.type));
    if (!isOverload) declared.set(name, [...before, { node: each, statement }]);
  }
  return names;
}

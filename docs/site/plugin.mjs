import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Converter, MinimalSourceFile, ReflectionKind } from 'typedoc';

/** @param {import('typedoc').Application} app */
export function load(app) {
  // Before typedoc's own handlers, which sort by name and resolve links.
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => describePackages(app.converter, project), 1_000);
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => linkPublicNames(project));
}

/** A module gets the name that users import it by, and its package's README as its page. */
function describePackages(converter, project) {
  const claimed = new Set();
  for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
    const entry = project.files.getReflectionPath(module);
    const folder = entry.replace(/\/src\/.*$/, '');
    const { name, exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const [subpath] = Object.entries(exports).find(([, to]) => join(folder, to['@runctl/source'] ?? '') === entry);
    module.name = name + subpath.slice(1);
    if (subpath === '.') addReadme(converter, project, module, join(folder, 'README.md'));
    const classes = module.getChildrenByKind(ReflectionKind.Class);
    for (const one of [...classes, ...(module.children ?? [])]) claimFile(project, one, claimed);
  }
}

function addReadme(converter, project, module, file) {
  const source = new MinimalSourceFile(readFileSync(file, 'utf8'), file);
  module.readme = converter.parseRawComment(source, project.files).content;
  for (const path of [file, dirname(file)]) project.files.registerReflectionPath(path, module);
}

/** A link to a source file leads to what the file declares: a class, or else the first name. */
function claimFile(project, reflection, claimed) {
  const file = reflection.sources?.[0]?.fullFileName;
  if (!file || claimed.has(file) || project.files.getReflectionPath(reflection.parent) === file) return;
  claimed.add(file);
  project.files.registerReflectionPath(file, reflection);
}

/** In guides and READMEs, a public name in backticks leads to its page. */
function linkPublicNames(project) {
  const modules = project.getChildrenByKind(ReflectionKind.Module);
  const named = modules.flatMap((module) => module.children ?? []).filter((one) => !one.isReference());
  const byName = new Map(named.map((one) => [one.name, one]));
  const linked = (parts) =>
    parts.map((part, index) => {
      const name = part.kind === 'code' ? part.text.match(/^`(\w+)`$/)?.[1] : undefined;
      // Not within the text of a link.
      const target = parts[index - 1]?.text.endsWith('[') ? undefined : byName.get(name);
      return target ? { kind: 'inline-tag', tag: '@linkcode', text: name, target } : part;
    });
  for (const document of project.documents ?? []) document.content = linked(document.content);
  for (const page of [project, ...modules]) if (page.readme) page.readme = linked(page.readme);
}

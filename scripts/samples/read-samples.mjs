import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSource } from '../layout/source-files.mjs';
import { walkSyntax } from '../layout/walk-syntax.mjs';
import { root } from '../workspace/root.mjs';

/**
 * @typedef {object} Sample
 * @property {string} document from the repository's folder
 * @property {number} line of its first line in the document
 * @property {string} title the heading above it
 * @property {string} code
 * @property {boolean} runs marked `run`
 */

/** What a sample may use without declaring it, with its type: what an earlier sample of the page would have left. */
export const given = {
  client: `import('@runctl/sdk').Runctl`,
  agent: `import('@runctl/sdk').Agent`,
  task: `import('@runctl/sdk').Task`,
  ...Object.fromEntries(
    [
      ...['agentId', 'taskId', 'instanceId', 'teamId', 'tenantId', 'userId', 'workflowId', 'workflowDefinitionId'],
      ...['researcherId', 'analyzerId', 'writerId', 'reviewerId', 'editorId', 'givenInviteCode'],
    ].map((id) => [id, 'string']),
  ),
};

/** @returns {Sample[]} every TypeScript block of the documents that users read, but those marked `ignore` */
export function readSamples() {
  const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`);
  const guides = markdownIn('docs').concat(markdownIn('docs/guides'));
  return ['README.md', 'scripts/samples/sdk-readme.md', ...packages, ...guides]
    .filter((document) => existsSync(join(root, document)))
    .flatMap((document) => samplesIn(document, readFileSync(join(root, document), 'utf8')));
}

/**
 * @param {string} document
 * @param {string} text in Markdown
 * @returns {Sample[]}
 */
export function samplesIn(document, text) {
  const samples = [];
  let title = '';
  let open;
  for (const [index, line] of text.split('\n').entries()) {
    const [, language, marks] = line.match(/^```(\w*)\s*(.*)$/) ?? [];
    if (open && line.startsWith('```')) {
      if (open.wanted) samples.push({ document, title, line: open.line, runs: open.runs, code: open.lines.join('\n') });
      open = undefined;
    } else if (open) open.lines.push(line);
    else if (language !== undefined) {
      const wanted = /^(ts|typescript)$/.test(language) && !/\bignore\b/.test(marks);
      open = { wanted, runs: /\brun\b/.test(marks), line: index + 2, lines: [] };
    } else if (line.startsWith('#')) title = line.replace(/^#+\s*/, '');
  }
  return samples;
}

/**
 * @param {string} code of a sample
 * @returns {string[]} the given names that it uses and does not declare
 */
export function missingNames(code) {
  const used = new Set();
  const declared = new Set();
  walkSyntax(parseSource('sample.ts', code).program, (node) => {
    if (node.type === 'Identifier') used.add(node.name);
    if (node.type === 'VariableDeclarator') for (const name of boundNames(node.id)) declared.add(name);
    if (/^Import.*Specifier$/.test(node.type)) declared.add(node.local.name);
  });
  return Object.keys(given).filter((name) => used.has(name) && !declared.has(name));
}

function boundNames(pattern) {
  if (pattern.type === 'Identifier') return [pattern.name];
  if (pattern.type !== 'ObjectPattern') return [];
  return pattern.properties.flatMap((property) => boundNames(property.value ?? property.argument));
}

function markdownIn(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
}

import { parseSource } from '../layout/source-files.mjs';

/**
 * Everything that a declaration file says of a name, overloads and all, for a reviewer: no comments, no blank lines.
 *
 * @param {string} name
 * @param {string} text of the file
 * @returns {string}
 */
export function printDeclaration(name, text) {
  const { program, comments } = parseSource('file.d.ts', text);
  return program.body
    .map((statement) => statement.declaration ?? statement)
    .filter((node) => declares(node, name))
    .map((node) => withoutComments(text, node, comments))
    .join('\n');
}

function declares(node, name) {
  if (node.type === 'VariableDeclaration') return node.declarations.some((each) => each.id.name === name);
  return node.id?.name === name;
}

function withoutComments(text, { start, end }, comments) {
  let printed = '';
  let position = start;
  for (const comment of comments.filter((each) => each.start >= start && each.end <= end)) {
    printed += text.slice(position, comment.start);
    position = comment.end;
  }
  return (printed + text.slice(position, end))
    .replace(/^declare /, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trimEnd().replace(/^( {4})+/, (indent) => ' '.repeat(indent.length / 2)))
    .join('\n');
}

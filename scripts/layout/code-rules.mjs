import { emptyNames, limits } from './architecture.mjs';
import { walkSyntax } from './walk-syntax.mjs';

const functionTypes = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ObjectMethod',
  'ClassMethod',
  'ClassPrivateMethod',
]);

/**
 * What is wrong inside one file, and the lengths of its functions.
 *
 * @param {import('./source-files.mjs').SourceFile} file
 * @returns {{ problems: string[], functionLines: number[] }}
 */
export function inspectCode(file) {
  const problems = nameProblems(file);
  const functionLines = [];
  if (file.lines > limits.fileLines) {
    problems.push(`${file.path}:1: ${file.lines} lines, at most ${limits.fileLines}; give one of its concepts a file`);
  }
  walkSyntax(file.ast.program, (node) => {
    const problem = nodeProblem(node, file);
    if (problem) problems.push(`${file.path}:${node.loc.start.line}: ${problem}`);
    if (functionTypes.has(node.type) && !file.isTest) functionLines.push(linesOf(node));
  });
  return { problems, functionLines };
}

function nameProblems(file) {
  const names = file.path.split('/').map((part) => part.replace(/\..*$/, ''));
  const empty = names.find((name) => emptyNames.test(name));
  return empty ? [`${file.path}:1: "${empty}" says nothing; name it after what it does`] : [];
}

function nodeProblem(node, file) {
  if (functionTypes.has(node.type) && !file.isTest && linesOf(node) > limits.functionLines) {
    return `a function of ${linesOf(node)} lines, at most ${limits.functionLines}; take a step out of it`;
  }
  if (node.type === 'CallExpression' && isModuleMock(node.callee)) {
    return 'modules are not mocked; hand the clock, the network or the randomness in as an argument';
  }
  if (node.type === 'ThrowStatement' && !file.isTest && file.package && isBareError(node.argument)) {
    return 'a bare Error tells the caller nothing to branch on; throw one of the error classes';
  }
  return undefined;
}

function isModuleMock(callee) {
  const isVi = callee.type === 'MemberExpression' && callee.object.name === 'vi';
  return isVi && ['mock', 'doMock', 'hoisted'].includes(callee.property.name);
}

function isBareError(argument) {
  return ['NewExpression', 'CallExpression'].includes(argument.type) && argument.callee.name === 'Error';
}

function linesOf(node) {
  return node.loc.end.line - node.loc.start.line + 1;
}

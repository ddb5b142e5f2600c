import type { Finding } from './finding.ts';
import type { FunctionMetrics } from './functions.ts';
import { childOf, childrenIn, dottedName, findingAt, isNode, type Path, type SyntaxNode } from './syntax-tree.ts';

/** From where on a function is worth a look. */
const MOST_COMPLEXITY = 15;
const MOST_LINES = 80;
const MOST_PARAMETERS = 5;

/** What is hard to read about a function as a whole. */
export function functionFindings({ name, line, lines, parameters, complexity }: FunctionMetrics): Finding[] {
  const at = (rule: string, message: string): Finding => ({ rule, severity: 'warning', line, column: 1, message });
  return [
    ...(complexity > MOST_COMPLEXITY
      ? [
          at(
            'complex-function',
            `${name} has a cyclomatic complexity of ${complexity}; ${MOST_COMPLEXITY} is a good limit.`,
          ),
        ]
      : []),
    ...(lines > MOST_LINES
      ? [at('long-function', `${name} is ${lines} lines long; ${MOST_LINES} is a good limit.`)]
      : []),
    ...(parameters > MOST_PARAMETERS ? [at('many-parameters', `${name} takes ${parameters} parameters.`)] : []),
  ];
}

/** Probable mistakes in one node. */
export function mistakeAt({ node }: Path): Finding[] {
  return MISTAKES.get(node.type)?.(node) ?? [];
}

type Rule = (node: SyntaxNode) => Finding[];

const MISTAKES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['DebuggerStatement', (node) => [findingAt(node, 'debugger', 'warning', 'A debugger statement stops the program.')]],
  ['BinaryExpression', looseEquality],
  ['CatchClause', emptyCatch],
  ['CallExpression', asyncForEach],
  ['VariableDeclaration', oldVariable],
  ['BlockStatement', (node) => unreachable(childrenIn(node, 'body'))],
  ['SwitchCase', (node) => unreachable(childrenIn(node, 'consequent'))],
  ...['IfStatement', 'WhileStatement', 'DoWhileStatement'].map((type) => [type, assignedCondition] as const),
]);

/** `== null` is the one loose comparison that says something of its own. */
function looseEquality(node: SyntaxNode): Finding[] {
  const { operator } = node;
  if (operator !== '==' && operator !== '!=') return [];
  const comparesNull = childOf(node, 'left', 'NullLiteral') ?? childOf(node, 'right', 'NullLiteral');
  if (comparesNull) return [];
  return [findingAt(node, 'loose-equality', 'warning', `${operator} converts its sides; use ${operator}=.`)];
}

function emptyCatch(node: SyntaxNode): Finding[] {
  const body = childOf(node, 'body');
  const hasComment = Array.isArray(body?.innerComments) && body.innerComments.length > 0;
  if (!body || hasComment || childrenIn(body, 'body').length > 0) return [];
  return [findingAt(node, 'empty-catch', 'warning', 'An error is caught and dropped, with no word why.')];
}

function asyncForEach(node: SyntaxNode): Finding[] {
  const [callback] = childrenIn(node, 'arguments');
  if (!dottedName(childOf(node, 'callee'))?.endsWith('.forEach') || callback?.async !== true) return [];
  return [findingAt(node, 'async-for-each', 'warning', 'forEach does not wait for an async function; use for ... of.')];
}

function oldVariable(node: SyntaxNode): Finding[] {
  return node.kind === 'var' && !node.declare
    ? [findingAt(node, 'var', 'info', 'var is seen in the whole function; use const or let.')]
    : [];
}

function assignedCondition(node: SyntaxNode): Finding[] {
  const test = childOf(node, 'test', 'AssignmentExpression');
  const isMeant = isNode(test) && (test.extra as { parenthesized?: boolean } | undefined)?.parenthesized === true;
  return test && !isMeant
    ? [findingAt(test, 'assigned-condition', 'warning', 'The condition assigns; was === meant?')]
    : [];
}

function unreachable(statements: readonly SyntaxNode[]): Finding[] {
  const ends = ['ReturnStatement', 'ThrowStatement', 'BreakStatement', 'ContinueStatement'];
  const end = statements.findIndex(({ type }) => ends.includes(type));
  const next =
    end < 0
      ? undefined
      : statements.slice(end + 1).find(({ type }) => type !== 'FunctionDeclaration' && !type.startsWith('TS'));
  return next ? [findingAt(next, 'unreachable', 'warning', 'This is never reached.')] : [];
}

/** Finds imports that nothing in the file names. */
export class ImportCollector {
  readonly #imported = new Map<string, SyntaxNode>();
  readonly #named = new Set<string>();

  visit({ node, parent }: Path): void {
    if (node.type.startsWith('Import') && node.type.endsWith('Specifier')) {
      const local = dottedName(childOf(node, 'local'));
      if (local) this.#imported.set(local, node);
    } else if (
      (node.type === 'Identifier' || node.type === 'JSXIdentifier') &&
      !parent?.node.type.startsWith('Import')
    ) {
      this.#named.add(String(node.name));
    }
  }

  unused(): Finding[] {
    // JSX of the classic runtime needs React without naming it.
    return [...this.#imported]
      .filter(([name]) => name !== 'React' && !this.#named.has(name))
      .map(([name, node]) => findingAt(node, 'unused-import', 'warning', `${name} is imported and not used.`));
  }
}

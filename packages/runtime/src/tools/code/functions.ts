import { childOf, childrenIn, dottedName, type Path, type SyntaxNode } from './syntax-tree.ts';

/** What is measured of a function. */
export type FunctionMetrics = {
  name: string;
  /** From 1. */
  line: number;
  lines: number;
  parameters: number;
  /** Cyclomatic: 1 and one for each branch, loop, case, catch and short circuit; nested functions count for themselves. */
  complexity: number;
};

const FUNCTIONS = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ObjectMethod',
  'ClassMethod',
  'ClassPrivateMethod',
]);

const BRANCHES = new Set([
  'IfStatement',
  'ConditionalExpression',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'WhileStatement',
  'DoWhileStatement',
  'CatchClause',
  'LogicalExpression',
]);

/** Collects the functions of a tree while it is walked. */
export class FunctionCollector {
  readonly #metrics = new Map<SyntaxNode, FunctionMetrics>();

  visit(path: Path): void {
    const { node } = path;
    if (FUNCTIONS.has(node.type) && childOf(node, 'body')) this.#metrics.set(node, metricsOf(path));
    if (!BRANCHES.has(node.type) && !(node.type === 'SwitchCase' && childOf(node, 'test'))) return;
    const owner = enclosingFunction(path);
    const metrics = owner && this.#metrics.get(owner);
    if (metrics) metrics.complexity += 1;
  }

  all(): FunctionMetrics[] {
    return [...this.#metrics.values()];
  }
}

function metricsOf({ node, parent }: Path): FunctionMetrics {
  const start = node.loc?.start.line ?? 1;
  return {
    name: nameOf(node, parent?.node ?? null),
    line: start,
    lines: (node.loc?.end.line ?? start) - start + 1,
    parameters: childrenIn(node, 'params').length,
    complexity: 1,
  };
}

/** The name that a reader would call a function by: its own, or that of what it is assigned to. */
function nameOf(node: SyntaxNode, parent: SyntaxNode | null): string {
  const own = dottedName(childOf(node, 'id')) ?? keyName(childOf(node, 'key'));
  if (own || !parent) return own ?? '(anonymous)';
  const given = dottedName(childOf(parent, 'id', 'Identifier')) ?? dottedName(childOf(parent, 'left'));
  const call = parent.type === 'CallExpression' ? dottedName(childOf(parent, 'callee')) : null;
  return given ?? keyName(childOf(parent, 'key')) ?? (call ? `(callback of ${call})` : '(anonymous)');
}

function keyName(key: SyntaxNode | null): string | null {
  if (!key) return null;
  if (key.type === 'PrivateName') return `#${dottedName(childOf(key, 'id')) ?? ''}`;
  return key.type === 'StringLiteral' ? String(key.value) : dottedName(key);
}

function enclosingFunction(path: Path): SyntaxNode | null {
  for (let outer = path.parent; outer; outer = outer.parent) {
    if (FUNCTIONS.has(outer.node.type)) return outer.node;
  }
  return null;
}

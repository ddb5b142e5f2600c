import type { Finding } from './finding.ts';
import { childOf, childrenIn, dottedName, findingAt, type Path, type SyntaxNode } from './syntax-tree.ts';

/** Says what is dangerous about a node, or null. */
type Danger = (node: SyntaxNode) => Finding | null;

const CALLS = new Set(['CallExpression', 'OptionalCallExpression', 'NewExpression']);

/** Reports code through which an attacker's text can become the program's. */
export function dangerAt({ node }: Path): Finding[] {
  const dangers = CALLS.has(node.type) ? CALL_DANGERS : (OTHER_DANGERS.get(node.type) ?? []);
  return dangers.flatMap((danger) => danger(node) ?? []);
}

const evaluation: Danger = (node) => {
  const name = calleeName(node);
  if (name === 'eval' || name === 'Function' || name?.endsWith('.eval')) {
    return findingAt(node, 'code-from-text', 'error', `${name} runs text as code.`);
  }
  const isTimer = name !== null && /^(?:(?:window|globalThis)\.)?set(?:Timeout|Interval)$/.test(name);
  const [first] = argumentsOf(node);
  if (!isTimer || !first || !isText(first)) return null;
  return findingAt(node, 'code-from-text', 'error', `${name} with text runs it as code; give it a function.`);
};

const shell: Danger = (node) => {
  const method = calleeName(node)?.split('.').at(-1);
  const [command, ...others] = argumentsOf(node);
  if ((method === 'exec' || method === 'execSync') && command && isBuiltText(command)) {
    return findingAt(
      node,
      'shell-injection',
      'error',
      `${method} runs a shell over text that is put together; use execFile.`,
    );
  }
  if (!method || !/^(?:spawn|spawnSync|execFile|execFileSync)$/.test(method)) return null;
  const usesShell = others.some((each) => childrenIn(each, 'properties').some((property) => isTrue(property, 'shell')));
  return usesShell ? findingAt(node, 'shell-injection', 'warning', `${method} with shell: true runs a shell.`) : null;
};

const query: Danger = (node) => {
  const method = calleeName(node)?.split('.').at(-1);
  const [text] = argumentsOf(node);
  if (!method || !/^(?:query|execute|raw|prepare|\$queryRawUnsafe|\$executeRawUnsafe)$/.test(method)) return null;
  if (!text || !isBuiltText(text) || !/\b(?:select|insert|update|delete|from|where)\b/i.test(literalText(text)))
    return null;
  return findingAt(
    node,
    'sql-injection',
    'error',
    `${method} gets SQL that is put together; pass values as parameters.`,
  );
};

const markup: Danger = (node) => {
  const name = calleeName(node);
  if (name !== 'document.write' && name !== 'document.writeln' && !name?.endsWith('.insertAdjacentHTML')) return null;
  const html = argumentsOf(node).at(-1);
  return html && !isPlainText(html)
    ? findingAt(node, 'html-injection', 'warning', `${name} writes a value as HTML.`)
    : null;
};

const weakHash: Danger = (node) => {
  const name = calleeName(node);
  const [algorithm] = argumentsOf(node);
  if (!name?.endsWith('createHash') || algorithm?.type !== 'StringLiteral') return null;
  if (!/^(?:md5|sha1)$/i.test(String(algorithm.value))) return null;
  return findingAt(
    node,
    'weak-hash',
    'warning',
    `${algorithm.value} is broken for signatures and passwords; use sha256.`,
  );
};

const assignment: Danger = (node) => {
  const target = dottedName(childOf(node, 'left'));
  const value = childOf(node, 'right');
  if (!target || !value) return null;
  if (/\.(?:innerHTML|outerHTML)$/.test(target) && !isPlainText(value)) {
    return findingAt(node, 'html-injection', 'warning', `${target} takes a value as HTML; use textContent.`);
  }
  const isTlsOff = target.endsWith('NODE_TLS_REJECT_UNAUTHORIZED') && String(value.value) === '0';
  return isTlsOff ? findingAt(node, 'tls-unchecked', 'error', 'Certificates are not checked any more.') : null;
};

const property: Danger = (node) =>
  isFalse(node, 'rejectUnauthorized')
    ? findingAt(node, 'tls-unchecked', 'error', 'rejectUnauthorized: false accepts any certificate.')
    : null;

const attribute: Danger = (node) => {
  const name = dottedName(childOf(node, 'name'));
  if (name !== 'dangerouslySetInnerHTML') return null;
  return findingAt(node, 'html-injection', 'warning', 'dangerouslySetInnerHTML writes a value as HTML.');
};

const CALL_DANGERS: readonly Danger[] = [evaluation, shell, query, markup, weakHash];
const OTHER_DANGERS: ReadonlyMap<string, readonly Danger[]> = new Map([
  ['AssignmentExpression', [assignment]],
  ['ObjectProperty', [property]],
  ['JSXAttribute', [attribute]],
]);

function calleeName(node: SyntaxNode): string | null {
  return dottedName(childOf(node, 'callee'));
}

function argumentsOf(node: SyntaxNode): SyntaxNode[] {
  return childrenIn(node, 'arguments');
}

function isText(node: SyntaxNode): boolean {
  return node.type === 'StringLiteral' || node.type === 'TemplateLiteral' || isBuiltText(node);
}

/** Text with a value in the middle: a template with expressions, or a sum with a text in it. */
function isBuiltText(node: SyntaxNode): boolean {
  if (node.type === 'TemplateLiteral') return childrenIn(node, 'expressions').length > 0;
  if (node.type !== 'BinaryExpression' || node.operator !== '+') return false;
  return [childOf(node, 'left'), childOf(node, 'right')].some((side) => side !== null && isText(side));
}

function isPlainText(node: SyntaxNode): boolean {
  return isText(node) && !isBuiltText(node);
}

/** The fixed parts of a text. */
function literalText(node: SyntaxNode): string {
  if (node.type === 'StringLiteral') return String(node.value);
  if (node.type === 'TemplateLiteral')
    return childrenIn(node, 'quasis')
      .map(({ value }) => JSON.stringify(value))
      .join(' ');
  return [childOf(node, 'left'), childOf(node, 'right')].map((side) => (side ? literalText(side) : '')).join(' ');
}

function isTrue(property: SyntaxNode, name: string): boolean {
  return hasBoolean(property, name, true);
}

function isFalse(property: SyntaxNode, name: string): boolean {
  return hasBoolean(property, name, false);
}

function hasBoolean(property: SyntaxNode, name: string, value: boolean): boolean {
  const key = childOf(property, 'key');
  return dottedName(key) === name && childOf(property, 'value', 'BooleanLiteral')?.value === value;
}

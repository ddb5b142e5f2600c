import { setImmediate } from 'node:timers/promises';
import type { ParserOptions, ParserPlugin } from '@babel/parser';
import { runBounded, TimeExceeded } from '../../bounded/run-bounded.ts';
import type { Finding } from './finding.ts';

/** What the analyses need to know of a node of Babel's tree. */
export interface SyntaxNode {
  type: string;
  loc?: { start: Position; end: Position } | null;
  [field: string]: unknown;
}

interface Position {
  /** From 1. */
  line: number;
  /** From 0. */
  column: number;
}

/** A node and the way to it. */
export interface Path {
  node: SyntaxNode;
  parent: Path | null;
}

/** Languages that are analysed. */
export const LANGUAGES = ['javascript', 'jsx', 'typescript', 'tsx'] as const;
/** One of {@link LANGUAGES}. */
export type Language = (typeof LANGUAGES)[number];

/** A parsed text. What cannot be parsed is left out of the tree and told in `errors`. */
export interface ParsedSource {
  language: Language;
  root: SyntaxNode;
  errors: Finding[];
}

const PLUGINS: Record<Language, ParserPlugin[]> = {
  javascript: ['jsx', 'decorators-legacy'],
  jsx: ['jsx', 'decorators-legacy'],
  typescript: ['typescript', 'decorators-legacy'],
  tsx: ['typescript', 'jsx', 'decorators-legacy'],
};

/** Milliseconds for one parse: some nestings make the parser try again and again. */
const PARSE_MS = 2_000;

const EXTENSIONS: ReadonlyMap<string, Language> = new Map([
  ['js', 'javascript'],
  ['mjs', 'javascript'],
  ['cjs', 'javascript'],
  ['jsx', 'jsx'],
  ['ts', 'typescript'],
  ['mts', 'typescript'],
  ['cts', 'typescript'],
  ['tsx', 'tsx'],
]);

/**
 * Parses a text in the given language, in that of its file name, or in the one that gives the fewest syntax errors.
 */
export async function parseSource(code: string, hint: { language?: Language; path?: string }): Promise<ParsedSource> {
  const { parse } = await import('@babel/parser');
  const known = hint.language ?? EXTENSIONS.get(hint.path?.split('.').at(-1)?.toLowerCase() ?? '');
  const candidates: Language[] = known ? [known] : ['javascript', 'typescript', 'tsx'];
  let best: ParsedSource | undefined;
  for (const language of candidates) {
    // Other tasks run between two attempts.
    await setImmediate();
    const parsed = parseAs(parse, code, language);
    if (!best || parsed.errors.length < best.errors.length) best = parsed;
    if (best.errors.length === 0) break;
  }
  return best ?? parseAs(parse, code, 'javascript');
}

function parseAs(parse: typeof import('@babel/parser').parse, code: string, language: Language): ParsedSource {
  try {
    const file = runBounded(() => parse(code, optionsFor(language)), PARSE_MS);
    return { language, root: file as unknown as SyntaxNode, errors: (file.errors ?? []).map(syntaxError) };
  } catch (error) {
    // Some errors cannot be recovered from: the text has no tree then, and this one finding.
    return { language, root: { type: 'File' }, errors: [syntaxError(explained(error))] };
  }
}

function optionsFor(language: Language): ParserOptions {
  return {
    sourceType: 'unambiguous',
    errorRecovery: true,
    allowReturnOutsideFunction: true,
    allowAwaitOutsideFunction: true,
    allowImportExportEverywhere: true,
    plugins: PLUGINS[language],
  };
}

function explained(error: unknown): unknown {
  if (error instanceof RangeError) return { message: 'The code is nested too deeply to be parsed.' };
  if (error instanceof TimeExceeded) return { message: `The code could not be parsed within ${PARSE_MS} ms.` };
  return error;
}

function syntaxError(error: unknown): Finding {
  const { message = String(error), loc } = error as { message?: string; loc?: Position };
  const text = message.replace(/\s*\(\d+:\d+\)$/, '');
  return {
    rule: 'syntax-error',
    severity: 'error',
    line: loc?.line ?? 1,
    column: (loc?.column ?? 0) + 1,
    message: text,
  };
}

/** Visits every node from the outside in. A stack of its own, so that deep trees do not overflow the caller's. */
export function walk(root: SyntaxNode, visit: (path: Path) => void): void {
  const stack: Path[] = [{ node: root, parent: null }];
  for (let path = stack.pop(); path; path = stack.pop()) {
    visit(path);
    for (const child of childrenOf(path.node).reverse()) stack.push({ node: child, parent: path });
  }
}

/** Fields that are no children: positions, comments, and what the parser notes for itself. */
const NO_CHILDREN = new Set([
  'loc',
  'extra',
  'errors',
  'tokens',
  'comments',
  'leadingComments',
  'trailingComments',
  'innerComments',
]);

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  return Object.keys(node).flatMap((field) => {
    const value = node[field];
    if (typeof value !== 'object' || value === null || NO_CHILDREN.has(field)) return [];
    return (Array.isArray(value) ? value : [value]).filter(isNode);
  });
}

/** Whether a field of a node holds a node. */
export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** A field of a node, where it holds a node of one of these types. */
export function childOf(node: SyntaxNode, field: string, ...types: string[]): SyntaxNode | null {
  const child = node[field];
  return isNode(child) && (types.length === 0 || types.includes(child.type)) ? child : null;
}

/** A field of a node, where it holds a list of nodes. */
export function childrenIn(node: SyntaxNode, field: string): SyntaxNode[] {
  const children = node[field];
  return Array.isArray(children) ? children.filter(isNode) : [];
}

/** A finding where a node begins. */
export function findingAt(node: SyntaxNode, rule: string, severity: Finding['severity'], message: string): Finding {
  const { line = 1, column = 0 } = node.loc?.start ?? {};
  return { rule, severity, line, column: column + 1, message };
}

/** How source text names what is called or assigned: `child_process.exec`, `eval`; null where it is computed. */
export function dottedName(node: SyntaxNode | null): string | null {
  if (node === null) return null;
  if (node.type === 'Identifier' || node.type === 'JSXIdentifier') return String(node.name);
  if (node.type === 'ThisExpression') return 'this';
  if (node.type !== 'MemberExpression' && node.type !== 'OptionalMemberExpression') return null;
  const property = childOf(node, 'property', 'Identifier', 'PrivateName');
  if (node.computed || !property) return null;
  const object = dottedName(childOf(node, 'object'));
  return `${object ?? '?'}.${String(property.name)}`;
}

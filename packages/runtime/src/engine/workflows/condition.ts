import { type ASTNode, Environment, EvaluationError, ParseError } from '@marcbachmann/cel-js';
import type { JsonValue } from '@runctl/core';
import { runBounded, TimeExceeded } from '../../bounded/run-bounded.ts';
import type { PathRoots } from './path.ts';

// Conditions are CEL (https://cel.dev): no loops but the macros over a list, no side effects, no access to JavaScript.
// Numbers of JSON are doubles there, so arithmetic on them takes `1.0`; comparisons take either.

/** Characters of an expression. */
export const longestCondition = 2_000;
/** Milliseconds that an expression with a macro or a pattern may take; the others cost what their text costs. */
const mostMs = 100;

/** An expression that does not parse, or that came to nothing. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError';
}

/** An expression, ready to be looked at. */
export interface Condition {
  /** Names that it reads, those that its macros bind left out. */
  readonly roots: ReadonlySet<string>;
  /** Steps that it names. */
  readonly steps: ReadonlySet<string>;
  /** Its value. @throws {ConditionError} A member is missing, types do not fit, it takes too long. */
  evaluate(roots: PathRoots): JsonValue;
}

const environment = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  limits: { maxAstNodes: 500, maxDepth: 40, maxListElements: 100, maxMapEntries: 100, maxCallArguments: 16 },
});

/** Reads an expression. @throws {ConditionError} It is not CEL. */
export function parseCondition(text: string): Condition {
  if (text.length > longestCondition) {
    throw new ConditionError(`The expression is longer than ${longestCondition} characters.`);
  }
  const parsed = parse(text);
  const seen: Seen = { roots: new Set(), steps: new Set(), bound: new Set(), isRisky: false };
  look(parsed.ast, seen);
  for (const name of seen.bound) seen.roots.delete(name);
  return {
    roots: seen.roots,
    steps: seen.steps,
    evaluate: (roots) => {
      const values = withWholeNumbers(roots);
      try {
        return toJson(seen.isRisky ? runBounded(() => parsed(values), mostMs) : parsed(values));
      } catch (error) {
        if (error instanceof TimeExceeded) throw new ConditionError(`The expression took longer than ${mostMs} ms.`);
        throw new ConditionError(messageOf(error), { cause: error });
      }
    },
  };
}

function parse(text: string) {
  try {
    return environment.parse(text);
  } catch (error) {
    throw new ConditionError(messageOf(error), { cause: error });
  }
}

/** Whether it holds. @throws {ConditionError} As {@link Condition.evaluate}, and where the value is no truth value. */
export function holds(condition: Condition, roots: PathRoots): boolean {
  const value = condition.evaluate(roots);
  if (typeof value === 'boolean') return value;
  const kind = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  throw new ConditionError(`The expression is ${kind}, expected true or false.`);
}

/** What the runtime counts is whole. */
function withWholeNumbers(roots: PathRoots): Record<string, unknown> {
  const values: Record<string, unknown> = { ...roots };
  for (const name of ['turn', 'index']) if (typeof values[name] === 'number') values[name] = BigInt(values[name]);
  return values;
}

function toJson(value: unknown): JsonValue {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, item]) => [String(name), toJson(item)]));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, toJson(item)]));
  }
  return value === undefined ? null : (value as JsonValue);
}

function messageOf(error: unknown): string {
  if (error instanceof EvaluationError || error instanceof ParseError) return error.summary;
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}

interface Seen {
  roots: Set<string>;
  steps: Set<string>;
  bound: Set<string>;
  isRisky: boolean;
}

const macros: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'filter', 'map', 'bind']);

function look(node: ASTNode, seen: Seen): void {
  if (node.op === 'id') seen.roots.add(node.args);
  if (node.op === '.' || node.op === '.?') noteStep(node.args[0], node.args[1], seen);
  if (node.op === '[]' || node.op === '[?]') {
    const [object, key] = node.args;
    if (key.op === 'value' && typeof key.args === 'string') noteStep(object, key.args, seen);
  }
  if (node.op === 'rcall') {
    const [name, , [first]] = node.args;
    if (macros.has(name) || name === 'matches') seen.isRisky = true;
    if (macros.has(name) && first?.op === 'id') seen.bound.add(first.args);
  }
  if (node.op === 'call' && node.args[0] === 'matches') seen.isRisky = true;
  for (const child of childrenOf(node.args)) look(child, seen);
}

function noteStep(object: ASTNode, name: string, seen: Seen): void {
  if (object.op === 'id' && object.args === 'steps') seen.steps.add(name);
}

function childrenOf(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : [];
}

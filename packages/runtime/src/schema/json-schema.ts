import { type OutputUnit, Validator } from '@cfworker/json-schema';
import type { JsonSchema, JsonValue } from '@runctl/core';
import { runBounded, TimeExceeded } from '../bounded/run-bounded.ts';

/** Where a value does not fit its schema. */
export interface Misfit {
  /** JSON Pointer into the value; empty for the value itself. */
  path: string;
  message: string;
}

/** Bounds on schemas that tenants write. */
const SCHEMA_LIMITS = { bytes: 65_536, depth: 32, patternLength: 512, checkMs: 250 } as const;

/** Misfits that are reported of one value. */
const MOST_MISFITS = 5;

/** A schema, ready to check by. */
interface CompiledSchema {
  validator: Validator;
  /** Whether a check's cost can grow faster than the value: only patterns and references can do that. */
  isRisky: boolean;
  /** Checks that took too long. A busy machine may explain one; after the second no more are tried. */
  timeouts: number;
}

/** The same schema object is compiled once. */
const compiled = new WeakMap<JsonSchema, CompiledSchema>();

/**
 * Says what is wrong with a schema, or null. Nothing is fetched: a reference must point into the schema itself.
 */
export function schemaProblem(schema: unknown): string | null {
  if (!isObject(schema)) return 'expected a JSON Schema object';
  if (JSON.stringify(schema).length > SCHEMA_LIMITS.bytes) return `is longer than ${SCHEMA_LIMITS.bytes} bytes`;
  return nodeProblem(schema, 0) ?? compileProblem(schema);
}

/**
 * Where a value does not fit a schema; empty where it fits. A check by a schema with patterns or references is stopped
 * after 250 ms, and then the value counts as unfit.
 */
export function findMisfits(value: JsonValue, schema: JsonSchema): Misfit[] {
  const slow = { path: '', message: 'could not be checked: a pattern or reference of the schema takes too long' };
  try {
    const { validator, isRisky, timeouts } = compile(schema);
    if (timeouts > 1) return [slow];
    const check = () => validator.validate(value);
    const { valid, errors } = isRisky ? runBounded(check, SCHEMA_LIMITS.checkMs) : check();
    return valid ? [] : mostSpecific(errors);
  } catch (error) {
    if (!(error instanceof TimeExceeded)) return [{ path: '', message: `could not be checked: ${messageOf(error)}` }];
    compile(schema).timeouts += 1;
    return [slow];
  }
}

function compile(schema: JsonSchema): CompiledSchema {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  // The validator writes into the schema that it is given.
  const validator = new Validator(structuredClone(schema), '2020-12', false);
  const isRisky = /"(?:pattern|patternProperties|\$ref|\$dynamicRef|\$recursiveRef|format)":/.test(
    JSON.stringify(schema),
  );
  const entry = { validator, isRisky, timeouts: 0 };
  compiled.set(schema, entry);
  return entry;
}

/** Errors of containers only repeat that something inside them failed. */
function mostSpecific(errors: OutputUnit[]): Misfit[] {
  const wrapping = new Set(['properties', 'items', 'prefixItems', '$ref', 'allOf', 'additionalProperties']);
  const specific = errors.filter(({ keyword }) => !wrapping.has(keyword));
  const chosen = specific.length > 0 ? specific : errors;
  return chosen.slice(0, MOST_MISFITS).map(({ instanceLocation, error }) => ({
    path: instanceLocation.replace(/^#/, ''),
    message: error,
  }));
}

function nodeProblem(node: unknown, depth: number): string | null {
  if (depth > SCHEMA_LIMITS.depth) return `is nested deeper than ${SCHEMA_LIMITS.depth} levels`;
  if (Array.isArray(node)) return firstProblem(node, (child) => nodeProblem(child, depth + 1));
  if (!isObject(node)) return null;
  return keywordProblem(node) ?? firstProblem(Object.values(node), (child) => nodeProblem(child, depth + 1));
}

function keywordProblem(node: Record<string, unknown>): string | null {
  const { $ref, $id, pattern, patternProperties } = node;
  if (typeof $ref === 'string' && !$ref.startsWith('#')) return `has the reference "${$ref}": only "#..." is followed`;
  if (typeof $id === 'string') return 'has an "$id": a schema of a tool has no address';
  const patterns = [pattern, ...Object.keys(isObject(patternProperties) ? patternProperties : {})];
  return firstProblem(patterns, patternProblem);
}

function patternProblem(pattern: unknown): string | null {
  if (typeof pattern !== 'string') return null;
  if (pattern.length > SCHEMA_LIMITS.patternLength) {
    return `has a pattern longer than ${SCHEMA_LIMITS.patternLength} characters`;
  }
  try {
    new RegExp(pattern, 'u');
    return null;
  } catch (error) {
    return `has the pattern "${pattern}": ${messageOf(error)}`;
  }
}

function compileProblem(schema: JsonSchema): string | null {
  const [misfit] = findMisfits(null, schema);
  return misfit?.message.startsWith('could not be checked') ? misfit.message : null;
}

function firstProblem<T>(items: readonly T[], problemOf: (item: T) => string | null): string | null {
  for (const item of items) {
    const problem = problemOf(item);
    if (problem) return problem;
  }
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

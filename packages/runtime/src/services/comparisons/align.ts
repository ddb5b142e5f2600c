import type { JsonValue } from '@runctl/core';
import type { TraceStep } from '@runctl/tasks';
import { canonicalJson } from '../../loops/canonical-json.ts';
import { longestCommonSubsequence } from './longest-common-subsequence.ts';

/** Two steps that stand for each other, or one beside a null where it has no counterpart. */
export interface StepPair {
  base: TraceStep | null;
  other: TraceStep | null;
}

/** Ways to call two steps alike, the strictest first. */
type Likeness = (step: TraceStep) => string;
const likenesses: readonly Likeness[] = [
  sameWork,
  ({ kind, name, model }) => (model === null ? `${kind} ${name}` : kind),
  ({ kind }) => kind,
];

/**
 * Lines two traces up. What did the same work is matched first, as a longest common subsequence; what lies between two
 * matches is lined up by kind and name, then by kind. The order of the arguments changes sides, nothing else.
 */
export function alignSteps(base: readonly TraceStep[], other: readonly TraceStep[]): StepPair[] {
  // Among several longest subsequences, take the same one whichever trace is named first.
  if (!isInOrder(base.map(sameWork), other.map(sameWork))) return align(other, base, 0).map(swapSides);
  return align(base, other, 0);
}

function align(base: readonly TraceStep[], other: readonly TraceStep[], level: number): StepPair[] {
  const likeness = likenesses[level];
  if (likeness === undefined || base.length === 0 || other.length === 0) return unmatched(base, other);
  const matches = longestCommonSubsequence(base.map(likeness), other.map(likeness));
  let [i, j] = [0, 0];
  const pairs: StepPair[] = [];
  for (const [matchI, matchJ] of matches) {
    pairs.push(...align(base.slice(i, matchI), other.slice(j, matchJ), level + 1));
    pairs.push({ base: base[matchI] ?? null, other: other[matchJ] ?? null });
    [i, j] = [matchI + 1, matchJ + 1];
  }
  return [...pairs, ...align(base.slice(i), other.slice(j), level + 1)];
}

function unmatched(base: readonly TraceStep[], other: readonly TraceStep[]): StepPair[] {
  return [...base.map((step) => ({ base: step, other: null })), ...other.map((step) => ({ base: null, other: step }))];
}

function swapSides({ base, other }: StepPair): StepPair {
  return { base: other, other: base };
}

function isInOrder(base: readonly string[], other: readonly string[]): boolean {
  if (base.length !== other.length) return base.length < other.length;
  const differing = base.findIndex((work, index) => work !== other[index]);
  return differing < 0 || (base[differing] ?? '') < (other[differing] ?? '');
}

/** Kind, name, and what the step decided: a call its arguments, a model its answer. A model's name is part of its input. */
function sameWork({ kind, name, input, output, model }: TraceStep): string {
  return model === null
    ? `${kind} ${name} ${canonicalJson(input)}`
    : `${kind} ${canonicalJson(withoutCallIds(output))}`;
}

/** A model's answer without the ids of its calls, which are the provider's and new each time. */
function withoutCallIds(output: JsonValue): JsonValue {
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return output;
  const { toolCalls } = output;
  if (!Array.isArray(toolCalls)) return output;
  return { ...output, toolCalls: toolCalls.map(withoutCallId) };
}

function withoutCallId(call: JsonValue): JsonValue {
  if (typeof call !== 'object' || call === null || Array.isArray(call)) return call;
  const { callId: _, ...rest } = call;
  return rest;
}

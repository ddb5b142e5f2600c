import type { JsonValue } from '@runctl/core';
import type { TaskDivergence, TaskError, TraceStep } from '@runctl/tasks';
import { jsonDifferences } from './json-differences.ts';

/** A difference between two steps that were lined up. */
export type StepDifference = Pick<TaskDivergence, 'kind' | 'pointer' | 'base' | 'other'>;

/** What differs between two steps of one kind, in the order in which it came about. Times and ids count nothing. */
export function stepDifferences(base: TraceStep, other: TraceStep): StepDifference[] {
  const decided = base.model === null ? callDifferences(base, other) : answerDifferences(base, other);
  return [...decided, ...errorDifferences(base.error, other.error)];
}

function callDifferences(base: TraceStep, other: TraceStep): StepDifference[] {
  if (base.name !== other.name) return [{ kind: 'tool_choice', pointer: '/name', base: base.name, other: other.name }];
  return [...differences('tool_arguments', '/input', base.input, other.input), ...resultDifferences(base, other)];
}

/** Where a call failed, its error says all; the result beside it is null. */
function resultDifferences(base: TraceStep, other: TraceStep): StepDifference[] {
  if (base.error !== null || other.error !== null) return [];
  return differences('tool_result', '/output', base.output, other.output);
}

function answerDifferences(base: TraceStep, other: TraceStep): StepDifference[] {
  if (base.error !== null || other.error !== null) return [];
  const [asked, askedOther] = [callsIn(base.output), callsIn(other.output)];
  if (asked.length === 0 && askedOther.length === 0) {
    return differences('model_output', '/output', base.output, other.output);
  }
  // An answer with calls against a text: the answers have no parts in common.
  if (asked.length === 0 || askedOther.length === 0) {
    return [{ kind: 'tool_choice', pointer: '/output', base: base.output, other: other.output }];
  }
  return [
    ...chosenDifferences(asked, askedOther),
    ...differences('model_output', '/output/text', textIn(base.output), textIn(other.output)),
  ];
}

function chosenDifferences(base: readonly AskedCall[], other: readonly AskedCall[]): StepDifference[] {
  const pointer = '/output/toolCalls';
  const [names, otherNames] = [base.map(({ name }) => name), other.map(({ name }) => name)];
  if (names.length !== otherNames.length) return [{ kind: 'tool_choice', pointer, base: [...base], other: [...other] }];
  return base.flatMap((call, index): StepDifference[] => {
    const counterpart = other[index];
    if (counterpart === undefined) return [];
    const at = `${pointer}/${index}`;
    if (call.name !== counterpart.name) return differences('tool_choice', `${at}/name`, call.name, counterpart.name);
    return differences('tool_arguments', `${at}/arguments`, call.arguments, counterpart.arguments);
  });
}

type AskedCall = { name: JsonValue; arguments: JsonValue };

function callsIn(output: JsonValue): AskedCall[] {
  return isObject(output) && Array.isArray(output.toolCalls) ? (output.toolCalls as AskedCall[]) : [];
}

function textIn(output: JsonValue): JsonValue {
  return isObject(output) ? (output.text ?? null) : output;
}

/** Whether it failed, and how; in which step does not matter here. */
export function errorDifferences(base: TaskError | null, other: TaskError | null): StepDifference[] {
  if (base?.code === other?.code && base?.message === other?.message) return [];
  return [{ kind: 'error', pointer: '/error', base: base && { ...base }, other: other && { ...other } }];
}

/** The places where two values differ, as differences of one kind. */
export function differences(
  kind: StepDifference['kind'],
  pointer: string,
  base: JsonValue,
  other: JsonValue,
): StepDifference[] {
  return jsonDifferences(pointer, base, other).map((difference) => ({ kind, ...difference }));
}

function isObject(value: JsonValue): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

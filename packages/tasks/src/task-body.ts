import { invalidRequest, toJsonSchema, toTimestamp } from '@runctl/core';
import type { CreateTaskBody, CreateTaskInput } from './contract/task-input.ts';

const MAX_BATCH = 25;

/** A new task as it travels: the schema becomes JSON Schema, the instant text; what is undefined does not travel. */
export function taskBody({ schema, scheduledFor, ...rest }: CreateTaskInput): CreateTaskBody {
  return {
    outputSchema: schema === undefined ? schema : toJsonSchema(schema),
    scheduledFor: scheduledFor === undefined ? scheduledFor : toTimestamp(scheduledFor, 'scheduledFor'),
    // The transport refuses, with the path, what in the payload JSON cannot carry. Last: whoever gives a field by the name
    // that it has on the wire is heard.
    ...rest,
  } as CreateTaskBody;
}

/**
 * The tasks of a batch as they travel.
 *
 * @throws {RunctlValidationError} fewer than 1 or more than 25: nothing is cut in silence
 */
export function batchBody(tasks: readonly CreateTaskInput[]): { tasks: CreateTaskBody[] } {
  if (tasks.length < 1 || tasks.length > MAX_BATCH) {
    throw invalidRequest(`A batch takes 1 to ${MAX_BATCH} tasks, but has ${tasks.length}.`, '/tasks');
  }
  return { tasks: tasks.map(taskBody) };
}

/**
 * A step's number as it stands in a path.
 *
 * @throws {RunctlValidationError} anything but a whole number from 1
 */
export function stepNumber(step: number): number {
  if (Number.isSafeInteger(step) && step >= 1) return step;
  throw invalidRequest(`\`step\` must be a whole number from 1, as in the trace, but is ${String(step)}.`, 'step');
}

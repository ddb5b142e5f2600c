import type { TaskRow } from '../store/schema.ts';

/** Steps `from` to `to`, both included, that the task `taskId` executed. */
export interface AncestrySegment {
  taskId: string;
  from: number;
  to: number;
}

/** The part of a task's row that says where its steps stand. */
export type Descendant = Pick<TaskRow, 'id' | 'ancestry'>;

/** Where the steps before a task's own stand, oldest first; empty for a task that is no fork. */
export function ancestryOf(task: Pick<TaskRow, 'ancestry'>): AncestrySegment[] {
  return task.ancestry === null ? [] : (JSON.parse(task.ancestry) as AncestrySegment[]);
}

/** The first step that a task executes itself. */
export function firstOwnStep(task: Pick<TaskRow, 'ancestry'>): number {
  return (ancestryOf(task).at(-1)?.to ?? 0) + 1;
}

/** The task that executed a step of a task's trace, or is to execute it. */
export function executorOf(task: Descendant, step: number): string {
  return ancestryOf(task).find(({ from, to }) => from <= step && step <= to)?.taskId ?? task.id;
}

/** Where the steps stand that a fork of `source` at `step` inherits. Flat: a fork of a fork names each executor. */
export function ancestryOfFork(source: Descendant, step: number): AncestrySegment[] {
  const own = { taskId: source.id, from: firstOwnStep(source), to: step - 1 };
  return [...ancestryOf(source), own]
    .map((segment) => ({ ...segment, to: Math.min(segment.to, step - 1) }))
    .filter(({ from, to }) => from <= to);
}

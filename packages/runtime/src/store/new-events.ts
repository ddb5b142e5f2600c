import type { TaskStatus } from '@runctl/tasks';
import { noUsage } from '../new-task/no-usage.ts';
import type { NewEventRow } from './event-row.ts';
import type { StepRow, TaskRow, UsageColumns } from './schema.ts';
import type { StepCommit, TaskChange } from './store.ts';

// Which events a change makes. Both homes ask here, so that they tell the same story: first what a step came to, then
// what the task waits for, then its status; a status that ends the task is the last event that it will ever have.

/** What of a task's row changes while it runs, and how it is at first. A status event keeps what is otherwise. */
export const changingColumns = {
  attempt: 0,
  agent_version: null,
  waiting_for: null,
  simulated: 0,
  started_at: null,
  ...noUsage,
} satisfies Partial<TaskRow> & UsageColumns;

type ChangingColumn = keyof typeof changingColumns;

/** The columns that a status event is made from. */
export const statusColumns = [
  'id',
  'tenant_id',
  'version',
  'status',
  'updated_at',
  ...(Object.keys(changingColumns) as ChangingColumn[]),
] as const satisfies readonly (keyof TaskRow)[];

/** The part of a task's row that a status event is made from. */
export type StatusRow = Pick<TaskRow, (typeof statusColumns)[number]>;

/** What a status event keeps of the task. */
export type StoredStatus = Pick<TaskRow, 'version' | 'status'> & Partial<Pick<TaskRow, ChangingColumn>>;

const endings: ReadonlySet<TaskStatus> = new Set(['completed', 'failed', 'cancelled']);

/** Whether a status is the last one. */
export function isEnding(status: TaskStatus): boolean {
  return endings.has(status);
}

/** The event of the end of a task. Its own row says the rest, since it changes no more. */
export function endEvent(task: Pick<TaskRow, 'id' | 'tenant_id' | 'version' | 'status'>, now: number): NewEventRow {
  const { version, status } = task;
  return event(task, 'task.status', null, JSON.stringify({ version, status } satisfies StoredStatus), now);
}

/** The event of a task's status. */
export function statusEvent(row: StatusRow): NewEventRow {
  if (isEnding(row.status)) return endEvent(row, row.updated_at);
  const data: Record<string, unknown> = { version: row.version, status: row.status };
  for (const [column, atFirst] of changing) if (row[column] !== atFirst) data[column] = row[column];
  return event(row, 'task.status', null, JSON.stringify(data), row.updated_at);
}

const changing = Object.entries(changingColumns) as [ChangingColumn, null | 0][];

/** The events of a status that a task has come to: what it asks of a person first. */
export function statusEvents(row: StatusRow): NewEventRow[] {
  const status = statusEvent(row);
  // Nobody is asked to do anything where it waits for other tasks, or for the budget.
  const kind = row.waiting_for === null ? null : (JSON.parse(row.waiting_for) as { kind: string }).kind;
  if (kind !== 'approval' && kind !== 'input') return [status];
  return [event(row, 'action.requested', null, row.waiting_for, row.updated_at), status];
}

/** The events of a task whose worker was lost. */
export function lostEvents(row: StatusRow): NewEventRow[] {
  const message = isEnding(row.status)
    ? 'The worker was lost once too often.'
    : 'The worker was lost. The task is queued again and goes on after its last committed step.';
  const log = event(row, 'log', null, JSON.stringify({ level: 'warn', message }), row.updated_at);
  return [log, ...statusEvents(row)];
}

/** The event of a step that has ended. */
export function stepEvent(
  task: Pick<TaskRow, 'id' | 'tenant_id'>,
  step: NonNullable<TaskChange['step']>,
  now: number,
): NewEventRow {
  return event(task, step.status === 'failed' ? 'step.failed' : 'step.completed', step.step, null, now);
}

/**
 * The events of a commit that was accepted.
 *
 * @param row The task's row after it, where the commit ends the hold on the task but not the task.
 */
export function commitEvents(
  commit: StepCommit,
  { version, tenant_id }: Pick<TaskRow, 'version' | 'tenant_id'>,
  row: StatusRow | undefined,
): NewEventRow[] {
  const { end, now } = commit;
  const task = { id: commit.lease.taskId, tenant_id };
  const events: NewEventRow[] = [];
  for (const step of stepsOf(commit)) if (hasEnded(step)) events.push(stepEvent(task, step, now));
  if (end === undefined) return events;
  if (row !== undefined) events.push(...statusEvents(row));
  else events.push(endEvent({ ...task, version, status: end.status }, now));
  return events;
}

/** All steps of a commit, in their order. */
export function stepsOf({ step, moreSteps = [] }: StepCommit): StepRow[] {
  return step === undefined ? [] : [step, ...moreSteps];
}

/** Whether the store has to read the task's row for {@link commitEvents}. */
export function needsStatusRow({ end }: StepCommit): boolean {
  return end !== undefined && !isEnding(end.status);
}

/** A step that waits has not ended: whoever completes it tells. */
function hasEnded<Step extends { status: string }>(step: Step): step is Step & { status: 'completed' | 'failed' } {
  return step.status === 'completed' || step.status === 'failed';
}

function event(
  { id, tenant_id }: Pick<TaskRow, 'id' | 'tenant_id'>,
  type: string,
  step: number | null,
  data: string | null,
  createdAt: number,
): NewEventRow {
  return { subject_id: id, tenant_id, type, step, data, created_at: createdAt };
}

import type { TaskEvent } from '@runctl/tasks';
import type { EventRow } from '../../store/event-row.ts';
import { changingColumns, isEnding, type StoredStatus } from '../../store/new-events.ts';
import type { TaskRow } from '../../store/schema.ts';
import { findTask } from '../tasks.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { readTrace } from '../traces/trace-rows.ts';
import { formatTimestamp } from '../wire/format-timestamp.ts';
import { parseStored } from '../wire/stored-json.ts';
import { toTask } from '../wire/task.ts';
import { eventId } from './event-id.ts';
import type { EventSubject } from './event-subject.ts';

/** Tasks: their rows and their steps say most of what an event carries. */
export const taskEvents: EventSubject<TaskEvent> = {
  find: async (scope, taskId) => {
    await findTask(scope, taskId);
  },
  compose,
  isLast: (row) => row.type === 'task.status' && isEnding(statusOf(row).status),
};

async function compose(scope: TenantScope, taskId: string, rows: readonly EventRow[]): Promise<TaskEvent[]> {
  // Read after the events: a task that has ended stands there as it ended.
  const task = await findTask(scope, taskId);
  const steps = await readSteps(scope, task, rows);
  return rows.flatMap((row) => {
    const data = dataOf(row, task, steps);
    if (data === undefined) return [];
    const { seq, type, created_at } = row;
    const event = { id: eventId(taskId, seq), taskId, createdAt: formatTimestamp(created_at), type, data };
    // A type and its data were stored together.
    return [event as unknown as TaskEvent];
  });
}

function dataOf(row: EventRow, task: TaskRow, steps: ReadonlyMap<number, unknown>): unknown {
  if (row.step !== null) return steps.get(row.step);
  if (row.type === 'task.status') return toTask(taskAt(task, row));
  return parseStored(row.data ?? 'null');
}

/** A task as it was at one of its changes. */
function taskAt(task: TaskRow, row: EventRow): TaskRow {
  const stored = statusOf(row);
  if (isEnding(stored.status)) return task;
  const unended = { result: null, error: null, finished_at: null };
  return { ...task, ...changingColumns, ...unended, ...stored, updated_at: row.created_at };
}

function statusOf(row: EventRow): StoredStatus {
  return parseStored<StoredStatus>(row.data ?? '{}');
}

async function readSteps(scope: TenantScope, task: TaskRow, rows: readonly EventRow[]): Promise<Map<number, unknown>> {
  const wanted = rows.flatMap(({ step }) => step ?? []);
  if (wanted.length === 0) return new Map();
  const range = { from: Math.min(...wanted), to: Math.max(...wanted) };
  const recorded = await readTrace(scope, task, range);
  return new Map(recorded.map(({ step }) => [step.step, step]));
}

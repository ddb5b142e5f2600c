import { sql } from 'kysely';
import type { CodedError } from '../task-errors/task-error-codes.ts';
import { isPostgres } from './in-list.ts';
import { isEnding } from './new-events.ts';
import type { StepRow, TaskRow } from './schema.ts';
import type { Query, TaskChange } from './store.ts';
import { completeWait, updateWaiting } from './waits.ts';

// What people are asked may have an end. It stands in what the task waits for, as it is told, and an index reads it
// there; whichever process looks first lets it expire, while it runs or when it comes back:
//
//   approval --its time is over--> the step fails with `expired`, and with the decision to reject; the task goes on
//   question --its time is over--> the step and the task fail with `expired`

/** Something that a task waits for in vain. */
export interface DueAction {
  taskId: string;
  /** Whom its end is told. */
  parentTaskId: string | null;
  step: number;
  kind: StepRow['kind'];
}

/** Looked at in one transaction. */
const mostAtOnce = 200;

/** What people were asked and have not decided in time. By tasks_actions_due. */
export async function findDueActions(query: Query, now: number): Promise<DueAction[]> {
  const expiresAt = isPostgres(query)
    ? sql`(tasks.waiting_for::json ->> 'expiresAt')`
    : sql`json_extract(tasks.waiting_for, '$.expiresAt')`;
  const { rows } = await sql<DueAction>`
    SELECT tasks.id AS "taskId", tasks.parent_task_id AS "parentTaskId", steps.step, steps.kind
    FROM tasks JOIN steps ON steps.task_id = tasks.id AND steps.status = 'waiting'
    WHERE tasks.status = 'waiting' AND ${expiresAt} <= ${new Date(now).toISOString()}
    ORDER BY tasks.id LIMIT ${mostAtOnce}`.execute(query);
  return rows;
}

/** Ends the waiting. Who decided meanwhile was first: that task is left alone. */
export async function expireActions(query: Query, due: readonly DueAction[], now: number): Promise<TaskChange[]> {
  const changes: TaskChange[] = [];
  for (const action of due) {
    const change = action.kind === 'approval' ? await reject(query, action, now) : await fail(query, action, now);
    if (change !== undefined) changes.push(change);
  }
  return changes;
}

/** The tasks that have ended so. */
export function endedOf(changes: readonly TaskChange[]): string[] {
  return changes.filter(({ status }) => isEnding(status)).map(({ taskId }) => taskId);
}

function reject(query: Query, { taskId, step }: DueAction, now: number): Promise<TaskChange | undefined> {
  const comment = 'Nobody decided in time, so the call was rejected.';
  return completeWait(query, {
    taskId,
    step,
    status: 'failed',
    output: JSON.stringify({ approved: false, arguments: null, comment }),
    error: expiredError(comment, step),
    now,
  });
}

async function fail(query: Query, { taskId, step }: DueAction, now: number): Promise<TaskChange | undefined> {
  const error = expiredError('Nobody answered the question in time.', step);
  const task = await updateWaiting(query, taskId, step)
    .set(({ eb }) => ({
      status: 'failed' satisfies TaskRow['status'],
      error,
      waiting_for: null,
      version: eb('version', '+', 1),
      finished_at: now,
      updated_at: now,
    }))
    .returning('version')
    .executeTakeFirst();
  if (task === undefined) return undefined;
  await query
    .updateTable('steps')
    .set({ status: 'failed', error, finished_at: now })
    .where('task_id', '=', taskId)
    .where('step', '=', step)
    .execute();
  return { taskId, version: task.version, status: 'failed', step: { step, status: 'failed' } };
}

function expiredError(message: string, step: number): string {
  return JSON.stringify({ code: 'expired', message, step, retryable: true } satisfies CodedError);
}

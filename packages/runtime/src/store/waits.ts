import type { TaskError } from '@runctl/tasks';
import { type RawBuilder, sql } from 'kysely';
import type { NewEventRow } from './event-row.ts';
import { type GivenList, givenList, inGiven } from './in-list.ts';
import { isEnding, stepEvent } from './new-events.ts';
import { preparedSql } from './prepared.ts';
import type { StepRow, TaskRow } from './schema.ts';
import type { Query, StepCommit, TaskChange } from './store.ts';

// A task that waits stands still at its last step, whose row has the status 'waiting'. What it waits for completes that
// very row and queues the task, in the transaction of its cause:
//
//   running --commitStep(waiting)--> waiting --completeWait--> queued --claim--> running
//
// Both homes ask here, over the transaction that they have open.

/** What a step that waits has come to. */
export interface WaitOutcome {
  taskId: string;
  step: number;
  status: 'completed' | 'failed';
  /** JSON. */
  output: string;
  /** JSON. */
  error: string | null;
  now: number;
}

/**
 * Completes a step that a task waits with and, where it was the last of them, queues the task: first in its lane, since
 * its order key is as old as itself. Undefined where it no longer waits with this step; nothing was written then.
 */
export async function completeWait(query: Query, outcome: WaitOutcome): Promise<TaskChange | undefined> {
  const { taskId, step, status, output, error, now } = outcome;
  // The task first: whoever comes second finds it moved on.
  const task = await updateWaiting(query, taskId, step)
    .set(({ eb }) => ({ version: eb('version', '+', 1), updated_at: now }))
    .returning('version')
    .executeTakeFirst();
  if (task === undefined) return undefined;
  await query
    .updateTable('steps')
    .set({ status, output, error, finished_at: now })
    .where('task_id', '=', taskId)
    .where('step', '=', step)
    .execute();
  // Only now, with the task locked: of two steps that are completed at once, the second sees that the first one was.
  const queued = await query
    .updateTable('tasks')
    .set(({ eb }) => ({
      status: 'queued' as const,
      waiting_for: null,
      // To be taken up again is no further attempt.
      attempt: eb('attempt', '-', 1),
    }))
    .where('id', '=', taskId)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('steps')
            .select('steps.step')
            .where('steps.task_id', '=', taskId)
            .where('steps.status', '=', 'waiting'),
        ),
      ),
    )
    .returning('id')
    .executeTakeFirst();
  return {
    taskId,
    version: task.version,
    status: queued === undefined ? 'waiting' : 'queued',
    step: { step, status },
  };
}

/** For a change of a task that still waits with this step, and of none that has moved on. By primary key, and so is the step. */
export function updateWaiting(query: Query, taskId: string, step: number) {
  return query
    .updateTable('tasks')
    .where('id', '=', taskId)
    .where('status', '=', 'waiting')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('steps')
          .select('steps.step')
          .where('steps.task_id', '=', taskId)
          .where('steps.step', '=', step)
          .where('steps.status', '=', 'waiting'),
      ),
    );
}

/** Whether a commit changes other tasks than its own. */
export function movesOthers({ end, children = [], parentTaskId = null, workflowId = null }: StepCommit): boolean {
  const isAwaited = parentTaskId !== null || workflowId !== null;
  return children.length > 0 || (isAwaited && end !== undefined && isEnding(end.status));
}

/** A task that has ended and was handed out by another one. */
type EndedChild = Pick<TaskRow, 'id' | 'status' | 'result' | 'error'> & { parent_task_id: string; step: number };

/**
 * Tells the parents of tasks that have ended: each delegation that waits for one is completed with its result, or with
 * its error. `among`: the ids of tasks that may have ended now; without it, all that waits is looked at.
 */
export async function settleParents(query: Query, now: number, among?: readonly string[]): Promise<TaskChange[]> {
  const changes: TaskChange[] = [];
  for (const child of await endedChildren(query, among)) {
    const outcome = { taskId: child.parent_task_id, step: child.step, ...outcomeOf(child), now };
    const change = await completeWait(query, outcome);
    if (change !== undefined) changes.push(change);
  }
  return changes;
}

// From the ended tasks by primary key, else from those that wait by tasks_waiting and tasks_by_parent.
const childrenThat = (which: RawBuilder<unknown>) => sql<EndedChild>`
  SELECT child.id, child.status, child.result, child.error, child.parent_task_id, steps.step
  FROM tasks AS parent
  JOIN tasks AS child ON child.parent_task_id = parent.id
  JOIN steps ON steps.task_id = parent.id AND steps.child_task_id = child.id
  WHERE parent.status = 'waiting' AND steps.status = 'waiting'
    AND child.status IN ('completed', 'failed', 'cancelled') ${which}
  ORDER BY child.id`;
const endedAmong = preparedSql((query, { ids }: { ids: GivenList }) =>
  childrenThat(sql`AND child.id ${inGiven(query, ids)}`),
);
const allEnded = preparedSql(() => childrenThat(sql``));

async function endedChildren(query: Query, among: readonly string[] | undefined): Promise<EndedChild[]> {
  if (among?.length === 0) return [];
  return among === undefined ? allEnded.all(query, {}) : endedAmong.all(query, { ids: givenList(query, among) });
}

function outcomeOf(child: EndedChild): Pick<WaitOutcome, 'status' | 'output' | 'error'> {
  const { id, status, result, error, step } = child;
  if (status === 'completed') return { status: 'completed', output: result ?? 'null', error: null };
  const cancelled = { code: 'cancelled', message: `Task ${id} was cancelled.`, retryable: false };
  const reason = error === null ? cancelled : (JSON.parse(error) as TaskError);
  return { status: 'failed', output: 'null', error: JSON.stringify({ ...reason, step } satisfies TaskError) };
}

/**
 * Ends the steps with which tasks wait that are cancelled now, so that no trace waits for ever.
 *
 * @returns what each task tells of it, to be told before its end
 */
export async function cancelWaits(
  query: Query,
  taskIds: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, readonly NewEventRow[]>> {
  if (taskIds.length === 0) return new Map();
  const error = JSON.stringify({
    code: 'cancelled',
    message: 'The task was cancelled while this step waited.',
    step: null,
    retryable: false,
  });
  const failed = await query
    .updateTable('steps')
    .set({ status: 'failed' satisfies StepRow['status'], error, finished_at: now })
    .where('task_id', 'in', [...taskIds])
    .where('status', '=', 'waiting')
    .returning(['task_id', 'tenant_id', 'step'])
    .execute();
  const events = new Map<string, NewEventRow[]>();
  for (const { task_id: id, tenant_id, step } of failed.sort((a, b) => a.step - b.step)) {
    const told = stepEvent({ id, tenant_id }, { step, status: 'failed' }, now);
    events.set(id, [...(events.get(id) ?? []), told]);
  }
  return events;
}

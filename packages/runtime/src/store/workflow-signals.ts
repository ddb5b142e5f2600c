import { type RawBuilder, sql } from 'kysely';
import { type GivenList, givenList, inGiven } from './in-list.ts';
import { preparedSql } from './prepared.ts';
import type { Query } from './store.ts';

// What a step's task hands out carries the workflow too; the task itself awaits that.
const leaveSignals = (which: RawBuilder<unknown>) => sql<{ workflow_id: string }>`
  INSERT INTO workflow_signals (workflow_id, signal, tenant_id)
  SELECT workflow_id, id, tenant_id FROM tasks
  WHERE id ${which} AND workflow_id IS NOT NULL AND parent_task_id IS NULL
    AND status IN ('completed', 'failed', 'cancelled')
  ON CONFLICT DO NOTHING
  RETURNING workflow_id`;

const ofTask = preparedSql((_query, { id }: { id: string }) => leaveSignals(sql`= ${id}`));
const ofTasks = preparedSql((query, { ids }: { ids: GivenList }) => leaveSignals(inGiven(query, ids)));
const ofAll = preparedSql(() =>
  leaveSignals(sql`IN (SELECT task_id FROM workflow_steps WHERE status = 'running' AND task_id IS NOT NULL)`),
);

/**
 * Under which name the store tells that a workflow was signalled. A name of its own: who waits for news of the workflow
 * itself need not look yet, and who moves workflows on need not look at what it has just written.
 */
export function signalsOf(workflowId: string): string {
  return `${workflowId}${signalled}`;
}

/** The workflow that a name of {@link signalsOf} is of; undefined of another name. */
export function signalledWorkflow(subject: string): string | undefined {
  return subject.endsWith(signalled) ? subject.slice(0, -signalled.length) : undefined;
}

const signalled = '/signals';

/**
 * Tells the workflows whose steps were tasks that have ended: a row each, written in the transaction of the end. Gives
 * the names of {@link signalsOf} to tell. `among`: the ids of tasks that may have ended now, by primary key; without it,
 * the tasks of all steps that are being done, by workflow_steps_at_work.
 */
export async function signalWorkflows(query: Query, among: readonly string[] | undefined): Promise<string[]> {
  if (among?.length === 0) return [];
  const rows = await leave(query, among);
  return rows.map(({ workflow_id }) => signalsOf(workflow_id));
}

function leave(query: Query, among: readonly string[] | undefined): Promise<{ workflow_id: string }[]> {
  if (among === undefined) return ofAll.all(query, {});
  const [id] = among;
  if (among.length === 1 && id !== undefined) return ofTask.all(query, { id });
  return ofTasks.all(query, { ids: givenList(query, among) });
}

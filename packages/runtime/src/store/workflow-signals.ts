import { sql } from 'kysely';
import type { Query } from './store.ts';

/**
 * Tells the workflows whose steps were tasks that have ended: a row each, written in the transaction of the end. Gives
 * the ids of those workflows. `among`: the ids of tasks that may have ended now, by primary key; without it, the tasks
 * of all steps that are being done, by workflow_steps_at_work.
 */
export async function signalWorkflows(query: Query, among: readonly string[] | undefined): Promise<string[]> {
  if (among?.length === 0) return [];
  const where =
    among === undefined
      ? sql`id IN (SELECT task_id FROM workflow_steps WHERE status = 'running' AND task_id IS NOT NULL)`
      : sql`id IN (${sql.join([...among])})`;
  // What a step's task hands out carries the workflow too; the task itself awaits that.
  const { rows } = await sql<{ workflow_id: string }>`
    INSERT INTO workflow_signals (workflow_id, signal, tenant_id)
    SELECT workflow_id, id, tenant_id FROM tasks
    WHERE ${where} AND workflow_id IS NOT NULL AND parent_task_id IS NULL
      AND status IN ('completed', 'failed', 'cancelled')
    ON CONFLICT DO NOTHING
    RETURNING workflow_id`.execute(query);
  return rows.map(({ workflow_id }) => workflow_id);
}

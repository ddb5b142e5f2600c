import type { JsonValue } from '@runctl/core';
import type { WorkflowError } from '@runctl/workflows';
import { sql } from 'kysely';
import type { StepState } from '../engine/workflows/step-state.ts';
import type { ChildOutcome } from '../engine/workflows/workflow-now.ts';
import { columnList, inList, isPostgres, rowsOf } from './in-list.ts';
import type { Query } from './store.ts';
import type { WorkflowRow, WorkflowSignalRow, WorkflowStepRow } from './workflow-rows.ts';

// What moving workflows on reads and writes: each statement once for many workflows.

/**
 * The rows of workflows, locked until the end of the transaction; SQLite's transaction has everything to itself. With
 * `skip`, those that another process moves on right now are left out: what happened meanwhile is found at the next look.
 */
export async function lockWorkflows(query: Query, ids: readonly string[], skip: boolean): Promise<WorkflowRow[]> {
  const wait = skip ? sql`FOR UPDATE SKIP LOCKED` : sql`FOR UPDATE`;
  const { rows } = await sql<WorkflowRow>`
    SELECT * FROM workflows WHERE id ${inList(query, ids)} ORDER BY id ${isPostgres(query) ? wait : sql``}`.execute(
    query,
  );
  return rows;
}

/** Takes the signals of workflows. By primary key. */
export async function takeSignals(query: Query, ids: readonly string[]): Promise<WorkflowSignalRow[]> {
  const { rows } = await sql<WorkflowSignalRow>`
    DELETE FROM workflow_signals WHERE workflow_id ${inList(query, ids)} RETURNING *`.execute(query);
  return rows;
}

/** Leaves a signal for a workflow; whoever listens for news of it is to be told. */
export async function leaveSignals(query: Query, signals: readonly WorkflowSignalRow[]): Promise<void> {
  if (signals.length === 0) return;
  await query
    .insertInto('workflow_signals')
    .values([...signals])
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Of these workflows, those with a signal. By primary key. */
export async function signalledAmong(query: Query, ids: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ workflow_id: string }>`
    SELECT DISTINCT workflow_id FROM workflow_signals WHERE workflow_id ${inList(query, ids)}`.execute(query);
  return rows.map(({ workflow_id }) => workflow_id);
}

/** Workflows with a signal. By primary key. */
export async function signalledWorkflows(query: Query): Promise<string[]> {
  const { rows } = await sql<{ workflow_id: string }>`
    SELECT DISTINCT workflow_id FROM workflow_signals LIMIT 10000`.execute(query);
  return rows.map(({ workflow_id }) => workflow_id);
}

/** Workflows that time moves on. By workflows_due. */
export async function dueWorkflows(query: Query, now: number): Promise<string[]> {
  const due = query.selectFrom('workflows').select('id').where('due_at', '<=', now);
  return (await due.limit(1_000).execute()).map(({ id }) => id);
}

/** The newest version of a tenant's definition. By primary key. */
export async function newestVersion(query: Query, tenantId: string, definitionId: string): Promise<number | undefined> {
  const found = await query
    .selectFrom('workflow_definitions')
    .select('version')
    .where('id', '=', definitionId)
    .where('tenant_id', '=', tenantId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return found?.version;
}

/** The steps of workflows, by workflow. By primary key. */
export async function readSteps(query: Query, ids: readonly string[]): Promise<Map<string, StepState[]>> {
  const { rows } = await sql<WorkflowStepRow>`
    SELECT * FROM workflow_steps WHERE workflow_id ${inList(query, ids)}`.execute(query);
  const steps = new Map<string, StepState[]>(ids.map((id) => [id, []]));
  for (const row of rows) steps.get(row.workflow_id)?.push(toStepState(row));
  return steps;
}

/** What tasks and nested workflows have come to, by their ids. By primary keys. */
export async function readOutcomes(query: Query, ids: readonly string[]): Promise<Map<string, ChildOutcome>> {
  const taskIds = ids.filter((id) => id.startsWith('tsk_'));
  const workflowIds = ids.filter((id) => id.startsWith('wfl_'));
  const outcomes = new Map<string, ChildOutcome>();
  for (const [table, output, own] of [
    ['tasks', 'result', taskIds],
    ['workflows', 'output', workflowIds],
  ] as const) {
    if (own.length === 0) continue;
    const { rows } = await sql<EndedRow>`
      SELECT id, status, ${sql.ref(output)} AS output, error FROM ${sql.table(table)}
      WHERE id ${inList(query, own)} AND status IN ('completed', 'failed', 'cancelled')`.execute(query);
    for (const row of rows) outcomes.set(row.id, toOutcome(row));
  }
  return outcomes;
}

interface EndedRow {
  id: string;
  status: ChildOutcome['status'];
  output: string | null;
  error: string | null;
}

function toOutcome({ id, status, output, error }: EndedRow): ChildOutcome {
  return {
    id,
    status,
    output: output === null ? null : (JSON.parse(output) as JsonValue),
    error: error === null ? null : (JSON.parse(error) as { code: string; message: string }),
  };
}

const stepColumns: readonly (keyof WorkflowStepRow)[] = [
  'workflow_id',
  'step_key',
  'tenant_id',
  'step_id',
  'status',
  'attempt',
  'task_id',
  'child_workflow_id',
  'input',
  'output',
  'error',
  'due_at',
  'started_at',
  'finished_at',
];
const changingColumns = stepColumns.slice(4);

/** Adds steps, or writes over them. By primary key. */
export async function writeSteps(query: Query, rows: readonly WorkflowStepRow[]): Promise<void> {
  if (rows.length === 0) return;
  const changes = changingColumns.map((column) => sql`${sql.ref(column)} = excluded.${sql.ref(column)}`);
  await sql`
    INSERT INTO workflow_steps (${columnList(stepColumns)}) ${rowsOf(query, 'workflow_steps', stepColumns, rows)}
    ON CONFLICT (workflow_id, step_key) DO UPDATE SET ${sql.join(changes)}`.execute(query);
}

/** Takes steps away. By primary key. */
export async function removeSteps(query: Query, workflowId: string, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await sql`
    DELETE FROM workflow_steps WHERE workflow_id = ${workflowId} AND step_key ${inList(query, keys)}`.execute(query);
}

const workflowColumns: readonly (keyof WorkflowRow)[] = [
  'id',
  'tenant_id',
  'definition_id',
  'definition_version',
  'parent_workflow_id',
  'depth',
  'retry_of',
  'input',
  'metadata',
  'labels',
  'created_at',
  'status',
  'output',
  'error',
  'current_step_ids',
  'version',
  'due_at',
  'started_at',
  'finished_at',
  'updated_at',
];
const movingColumns = workflowColumns.slice(11);

/** Adds workflows, or writes over what moving on changes of them. By primary key. */
export async function writeWorkflows(query: Query, rows: readonly WorkflowRow[]): Promise<void> {
  if (rows.length === 0) return;
  const changes = movingColumns.map((column) => sql`${sql.ref(column)} = excluded.${sql.ref(column)}`);
  await sql`
    INSERT INTO workflows (${columnList(workflowColumns)}) ${rowsOf(query, 'workflows', workflowColumns, rows)}
    ON CONFLICT (id) DO UPDATE SET ${sql.join(changes)}`.execute(query);
}

/** A step as the engine sees it. */
export function toStepState(row: WorkflowStepRow): StepState {
  return {
    key: row.step_key,
    stepId: row.step_id,
    status: row.status,
    attempt: row.attempt,
    taskId: row.task_id,
    childWorkflowId: row.child_workflow_id,
    input: JSON.parse(row.input) as JsonValue,
    output: JSON.parse(row.output) as JsonValue,
    error: row.error === null ? null : (JSON.parse(row.error) as WorkflowError),
    dueAt: row.due_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}

/** A step as it is stored. */
export function toStepRow(workflow: Pick<WorkflowRow, 'id' | 'tenant_id'>, step: StepState): WorkflowStepRow {
  return {
    workflow_id: workflow.id,
    step_key: step.key,
    tenant_id: workflow.tenant_id,
    step_id: step.stepId,
    status: step.status,
    attempt: step.attempt,
    task_id: step.taskId,
    child_workflow_id: step.childWorkflowId,
    input: JSON.stringify(step.input),
    output: JSON.stringify(step.output),
    error: step.error === null ? null : JSON.stringify(step.error),
    due_at: step.dueAt,
    started_at: step.startedAt,
    finished_at: step.finishedAt,
  };
}

import type { JsonValue } from '@runctl/core';
import type { WorkflowError } from '@runctl/workflows';
import { sql } from 'kysely';
import type { StepState } from '../engine/workflows/step-state.ts';
import type { ChildOutcome } from '../engine/workflows/workflow-now.ts';
import { type GivenList, givenList, inGiven, isPostgres, rowInserter, rowUpdater } from './in-list.ts';
import { prepared, preparedSql } from './prepared.ts';
import type { Query } from './store.ts';
import type { WorkflowRow, WorkflowSignalRow, WorkflowStepRow } from './workflow-rows.ts';

// What moving workflows on reads and writes: each statement once for many workflows, and built once.

interface Ids {
  ids: GivenList;
}

const lockEach = (rest: 'FOR UPDATE' | 'FOR UPDATE SKIP LOCKED') =>
  preparedSql(
    (query, { ids }: Ids) => sql<WorkflowRow>`
      SELECT * FROM workflows WHERE id ${inGiven(query, ids)} ORDER BY id ${sql.raw(isPostgres(query) ? rest : '')}`,
  );
const lockAll = lockEach('FOR UPDATE');
const lockFree = lockEach('FOR UPDATE SKIP LOCKED');

/**
 * The rows of workflows, locked until the end of the transaction; SQLite's transaction has everything to itself. With
 * `skip`, those that another process moves on right now are left out: what happened meanwhile is found at the next look.
 */
export function lockWorkflows(query: Query, ids: readonly string[], skip: boolean): Promise<WorkflowRow[]> {
  return (skip ? lockFree : lockAll).all(query, { ids: givenList(query, ids) });
}

const takeSignalsOf = preparedSql(
  (query, { ids }: Ids) => sql<WorkflowSignalRow>`
    DELETE FROM workflow_signals WHERE workflow_id ${inGiven(query, ids)} RETURNING *`,
);

/** Takes the signals of workflows. By primary key. */
export function takeSignals(query: Query, ids: readonly string[]): Promise<WorkflowSignalRow[]> {
  return takeSignalsOf.all(query, { ids: givenList(query, ids) });
}

/** Leaves a signal for a workflow; whoever listens for news of it is to be told. */
export const leaveSignals = rowInserter<WorkflowSignalRow>(
  { table: 'workflow_signals', columns: ['workflow_id', 'signal', 'tenant_id'] },
  sql`DO NOTHING`,
);

const signalledOf = preparedSql(
  (query, { ids }: Ids) => sql<{ workflow_id: string }>`
    SELECT DISTINCT workflow_id FROM workflow_signals WHERE workflow_id ${inGiven(query, ids)}`,
);

/** Of these workflows, those with a signal. By primary key. */
export async function signalledAmong(query: Query, ids: readonly string[]): Promise<string[]> {
  const rows = await signalledOf.all(query, { ids: givenList(query, ids) });
  return rows.map(({ workflow_id }) => workflow_id);
}

/** Workflows with a signal. By primary key. */
export async function signalledWorkflows(query: Query): Promise<string[]> {
  const { rows } = await sql<{ workflow_id: string }>`
    SELECT DISTINCT workflow_id FROM workflow_signals LIMIT 10000`.execute(query);
  return rows.map(({ workflow_id }) => workflow_id);
}

const dueAt = prepared((query, { now }: { now: number }) =>
  query.selectFrom('workflows').select('id').where('due_at', '<=', now).limit(1_000),
);

/** Workflows that time moves on. By workflows_due. */
export async function dueWorkflows(query: Query, now: number): Promise<string[]> {
  return (await dueAt.all(query, { now })).map(({ id }) => id);
}

const firstDue = prepared((query) =>
  query.selectFrom('workflows').select('due_at').where('due_at', 'is not', null).orderBy('due_at').limit(1),
);

/** When time next moves a workflow on. By workflows_due. */
export async function nextDueWorkflow(query: Query): Promise<number | undefined> {
  return (await firstDue.first(query, {}))?.due_at ?? undefined;
}

const versionOf = prepared((query, { tenantId, definitionId }: { tenantId: string; definitionId: string }) =>
  query
    .selectFrom('workflow_definitions')
    .select('version')
    .where('id', '=', definitionId)
    .where('tenant_id', '=', tenantId)
    .where('deleted_at', 'is', null),
);

/** The newest version of a tenant's definition. By primary key. */
export async function newestVersion(query: Query, tenantId: string, definitionId: string): Promise<number | undefined> {
  return (await versionOf.first(query, { tenantId, definitionId }))?.version;
}

const stepsOf = preparedSql(
  (query, { ids }: Ids) => sql<WorkflowStepRow>`SELECT * FROM workflow_steps WHERE workflow_id ${inGiven(query, ids)}`,
);

/** The steps of workflows. By primary key. */
export async function readSteps(query: Query, ids: readonly string[]): Promise<WorkflowStepRow[]> {
  return ids.length === 0 ? [] : stepsOf.all(query, { ids: givenList(query, ids) });
}

const endedOf = (table: 'tasks' | 'workflows', output: string) =>
  preparedSql(
    (query, { ids }: Ids) => sql<EndedRow>`
      SELECT id, status, ${sql.ref(output)} AS output, error FROM ${sql.table(table)}
      WHERE id ${inGiven(query, ids)} AND status IN ('completed', 'failed', 'cancelled')`,
  );
const endedTasks = endedOf('tasks', 'result');
const endedWorkflows = endedOf('workflows', 'output');

/** What tasks and nested workflows have come to, by their ids. By primary keys. */
export async function readOutcomes(query: Query, ids: readonly string[]): Promise<Map<string, ChildOutcome>> {
  const outcomes = new Map<string, ChildOutcome>();
  for (const [prefix, ended] of [
    ['tsk_', endedTasks],
    ['wfl_', endedWorkflows],
  ] as const) {
    const own = ids.filter((id) => id.startsWith(prefix));
    if (own.length === 0) continue;
    for (const row of await ended.all(query, { ids: givenList(query, own) })) outcomes.set(row.id, toOutcome(row));
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
const changes = sql.join(
  stepColumns.slice(4).map((column) => sql`${sql.ref(column)} = ${sql.ref(`excluded.${column}`)}`),
);

/** Adds steps, or writes over them. By primary key. */
export const writeSteps = rowInserter<WorkflowStepRow>(
  { table: 'workflow_steps', columns: stepColumns },
  sql`(workflow_id, step_key) DO UPDATE SET ${changes}`,
);

const removeKeys = preparedSql(
  (query, { workflowId, keys }: { workflowId: string; keys: GivenList }) => sql`
    DELETE FROM workflow_steps WHERE workflow_id = ${workflowId} AND step_key ${inGiven(query, keys)}`,
);

/** Takes steps away. By primary key. */
export async function removeSteps(query: Query, workflowId: string, keys: readonly string[]): Promise<void> {
  if (keys.length > 0) await removeKeys.run(query, { workflowId, keys: givenList(query, keys) });
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

/** Adds workflows. */
export const insertWorkflows = rowInserter<WorkflowRow>({ table: 'workflows', columns: workflowColumns });

/** Writes what moving on changes of workflows; what went in, which may be large, stays as it is. By primary key. */
export const moveWorkflows = rowUpdater<WorkflowRow>({ table: 'workflows', columns: workflowColumns.slice(11) });

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

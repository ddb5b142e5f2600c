import type { WorkflowDefinition, WorkflowState, WorkflowStep } from '@runctl/workflows';
import type { StoredDefinition } from '../../engine/workflows/definition-plans.ts';
import type { PlanStep } from '../../engine/workflows/plan.ts';
import type { StepState } from '../../engine/workflows/step-state.ts';
import type { WorkflowDefinitionRow, WorkflowRow } from '../../store/workflow-rows.ts';
import { formatTimestamp, formatTimestampOrNull } from './format-timestamp.ts';
import { parseStored, parseStoredOrNull } from './stored-json.ts';

/** A definition as it travels. */
export function toDefinition(row: Omit<WorkflowDefinitionRow, 'search_text' | 'deleted_at'>): WorkflowDefinition {
  return {
    ...parseStored<StoredDefinition>(row.config),
    id: row.id as WorkflowDefinition['id'],
    tenantId: row.tenant_id as WorkflowDefinition['tenantId'],
    version: row.version,
    createdAt: formatTimestamp(row.created_at),
    updatedAt: formatTimestamp(row.updated_at),
  };
}

/** A workflow as it travels. */
export function toWorkflow(row: WorkflowRow): WorkflowState {
  const currentStepIds = parseStored<string[]>(row.current_step_ids);
  const record = {
    id: row.id,
    tenantId: row.tenant_id,
    workflowDefinitionId: row.definition_id,
    definitionVersion: row.definition_version,
    status: row.status,
    input: parseStored<WorkflowState['input']>(row.input),
    output: row.output === null ? null : parseStored(row.output),
    error: parseStoredOrNull(row.error),
    currentStepId: currentStepIds[0] ?? null,
    currentStepIds,
    retryOf: row.retry_of,
    version: row.version,
    metadata: parseStored<WorkflowState['metadata']>(row.metadata),
    labels: parseStored<WorkflowState['labels']>(row.labels),
    createdAt: formatTimestamp(row.created_at),
    startedAt: formatTimestampOrNull(row.started_at),
    finishedAt: formatTimestampOrNull(row.finished_at),
    updatedAt: formatTimestamp(row.updated_at),
  } satisfies Record<keyof WorkflowState, unknown>;
  // The engine keeps status, output and error in step with each other; ids are as they were made.
  return record as unknown as WorkflowState;
}

/** A step as it travels. Within a loop or a map its id is its key, `review[3].check`. */
export function toWorkflowStep(step: StepState, { definition, dependsOn }: PlanStep): WorkflowStep {
  const prefix = step.key.slice(0, step.key.length - step.stepId.length);
  return {
    stepId: step.key,
    name: definition.name,
    type: definition.type ?? 'agent',
    status: step.status,
    attempt: step.attempt,
    dependsOn: dependsOn.map((stepId) => prefix + stepId),
    taskId: step.taskId,
    input: step.input,
    output: step.output,
    error: step.error,
    startedAt: formatTimestampOrNull(step.startedAt),
    finishedAt: formatTimestampOrNull(step.finishedAt),
  };
}

import type { WorkflowError, WorkflowStatus, WorkflowStepStatus } from '@runctl/workflows';
import type { NewEventRow } from '../../store/event-row.ts';
import type { WorkflowRow } from '../../store/workflow-rows.ts';
import type { StepState } from './step-state.ts';

/** What an event of a workflow's status keeps; its row says the rest. */
export interface StoredWorkflowStatus {
  version: number;
  status: WorkflowStatus;
  currentStepIds: string[];
  startedAt: number | null;
}

/** What an event of a step keeps; what went in and came out stands in the step's row. */
export interface StoredStepStatus {
  key: string;
  stepId: string;
  status: WorkflowStepStatus;
  attempt: number;
  taskId: string | null;
  error: WorkflowError | null;
  startedAt: number | null;
  finishedAt: number | null;
}

/** The event of a workflow as it is now. */
export function workflowStatusEvent(row: WorkflowRow): NewEventRow {
  const data: StoredWorkflowStatus = {
    version: row.version,
    status: row.status,
    currentStepIds: JSON.parse(row.current_step_ids) as string[],
    startedAt: row.started_at,
  };
  return event(row, 'workflow.status', data, row.updated_at);
}

/** The event of a step as it is now. */
export function stepStatusEvent(
  workflow: Pick<WorkflowRow, 'id' | 'tenant_id'>,
  step: StepState,
  now: number,
): NewEventRow {
  const { key, stepId, status, attempt, taskId, error, startedAt, finishedAt } = step;
  const data: StoredStepStatus = { key, stepId, status, attempt, taskId, error, startedAt, finishedAt };
  return event(workflow, 'step.status', data, now);
}

function event(workflow: Pick<WorkflowRow, 'id' | 'tenant_id'>, type: string, data: object, now: number): NewEventRow {
  const { id, tenant_id } = workflow;
  return { subject_id: id, tenant_id, type, step: null, data: JSON.stringify(data), created_at: now };
}

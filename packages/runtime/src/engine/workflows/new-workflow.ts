import type { JsonObject } from '@runctl/core';
import { blankTask } from '../../new-task/blank-task.ts';
import type { TaskRow } from '../../store/schema.ts';
import type { WorkflowRow } from '../../store/workflow-rows.ts';
import type { TaskOrder } from './step-book.ts';

/** What a new workflow is made from. */
export interface NewWorkflow {
  id: string;
  tenantId: string;
  definitionId: string;
  definitionVersion: number;
  input: JsonObject;
  /** The workflow that it is a step of. */
  parent: Pick<WorkflowRow, 'id' | 'depth'> | null;
  retryOf: string | null;
  metadata: JsonObject;
  labels: Readonly<Record<string, string>>;
  now: number;
}

/** The row of a workflow that has not begun. */
export function workflowRow(workflow: NewWorkflow): WorkflowRow {
  const { id, tenantId, definitionId, definitionVersion, input, parent, retryOf, metadata, labels, now } = workflow;
  return {
    id,
    tenant_id: tenantId,
    definition_id: definitionId,
    definition_version: definitionVersion,
    parent_workflow_id: parent?.id ?? null,
    depth: parent === null ? 0 : parent.depth + 1,
    retry_of: retryOf,
    status: 'queued',
    input: JSON.stringify(input),
    output: null,
    error: null,
    current_step_ids: '[]',
    metadata: JSON.stringify(metadata),
    labels: JSON.stringify(labels),
    version: 1,
    // Looked at even if nobody tells of it.
    due_at: now,
    created_at: now,
    started_at: null,
    finished_at: null,
    updated_at: now,
  };
}

/** The row of the task that does a step. */
export function stepTaskRow(workflow: Pick<WorkflowRow, 'id' | 'tenant_id'>, order: TaskOrder, now: number): TaskRow {
  const { taskId, assignee, payload } = order;
  return {
    ...blankTask,
    id: taskId,
    tenant_id: workflow.tenant_id,
    agent_id: 'agentId' in assignee ? assignee.agentId : null,
    team_id: 'teamId' in assignee ? assignee.teamId : null,
    workflow_id: workflow.id,
    status: 'queued',
    priority: 'normal',
    order_key: now,
    input: JSON.stringify({ version: '1.0', payload }),
    memory: null,
    output_schema: null,
    timeout_seconds: null,
    max_cost_microusd: null,
    scheduled_for: null,
    expires_at: null,
    metadata: '{}',
    labels: '{}',
    created_at: now,
    updated_at: now,
  };
}

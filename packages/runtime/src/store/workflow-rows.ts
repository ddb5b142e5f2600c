import type { WorkflowStatus, WorkflowStepStatus } from '@runctl/workflows';

// The rows of workflows; see schema.ts for how values are kept.

type Json = string;

/** A workflow definition: its newest version. */
export interface WorkflowDefinitionRow {
  id: string;
  tenant_id: string;
  version: number;
  config: Json;
  /** Name and description in lower case: what `search` looks in. */
  search_text: string;
  created_at: number;
  updated_at: number;
  deleted_at: number | null;
}

/** An immutable version of a workflow definition. */
export interface WorkflowDefinitionVersionRow {
  definition_id: string;
  version: number;
  tenant_id: string;
  config: Json;
  created_at: number;
}

/** One execution of a workflow definition. */
export interface WorkflowRow {
  id: string;
  tenant_id: string;
  definition_id: string;
  definition_version: number;
  /** The workflow that it is a step of. */
  parent_workflow_id: string | null;
  /** Workflows above it. */
  depth: number;
  retry_of: string | null;
  status: WorkflowStatus;
  input: Json;
  output: Json | null;
  error: Json | null;
  current_step_ids: Json;
  metadata: Json;
  labels: Json;
  version: number;
  /** When time alone moves it on; null: never, or it has ended. */
  due_at: number | null;
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
  updated_at: number;
}

/** One step of a workflow; within a loop or a map one a turn or an item. */
export interface WorkflowStepRow {
  workflow_id: string;
  /** `review`, `review[3].check` */
  step_key: string;
  tenant_id: string;
  /** As in the definition. */
  step_id: string;
  status: WorkflowStepStatus;
  attempt: number;
  task_id: string | null;
  child_workflow_id: string | null;
  input: Json;
  output: Json;
  error: Json | null;
  due_at: number | null;
  started_at: number | null;
  finished_at: number | null;
}

/** Something that happened to a workflow and that it has not been moved on for yet. */
export interface WorkflowSignalRow {
  workflow_id: string;
  /** The id of the task or the nested workflow that has ended, or `cancel`. */
  signal: string;
  tenant_id: string;
}

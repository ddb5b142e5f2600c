/**
 * Workflows: definitions and their immutable versions, executions, and a row for each of their steps. A signal says that
 * something has happened to a workflow; it is written beside its cause and never updated, so that the end of a task
 * waits for no lock of the workflow that it belongs to.
 */
export const workflows = {
  name: '0007-workflows',
  sql: `
CREATE TABLE workflow_definitions (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  config TEXT NOT NULL,
  search_text TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  deleted_at BIGINT
);
CREATE INDEX workflow_definitions_by_tenant ON workflow_definitions (tenant_id, id);

CREATE TABLE workflow_definition_versions (
  definition_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  tenant_id TEXT NOT NULL,
  config TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (definition_id, version)
);

CREATE TABLE workflows (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  definition_id TEXT NOT NULL,
  definition_version BIGINT NOT NULL,
  parent_workflow_id TEXT,
  depth BIGINT NOT NULL,
  retry_of TEXT,
  status TEXT NOT NULL,
  input TEXT NOT NULL,
  output TEXT,
  error TEXT,
  current_step_ids TEXT NOT NULL,
  metadata TEXT NOT NULL,
  labels TEXT NOT NULL,
  version BIGINT NOT NULL,
  due_at BIGINT,
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  finished_at BIGINT,
  updated_at BIGINT NOT NULL
);
CREATE INDEX workflows_by_tenant ON workflows (tenant_id, id);
CREATE INDEX workflows_by_definition ON workflows (definition_id, id);
CREATE INDEX workflows_due ON workflows (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE workflow_steps (
  workflow_id TEXT NOT NULL,
  step_key TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  step_id TEXT NOT NULL,
  status TEXT NOT NULL,
  attempt BIGINT NOT NULL,
  task_id TEXT,
  child_workflow_id TEXT,
  input TEXT NOT NULL,
  output TEXT NOT NULL,
  error TEXT,
  due_at BIGINT,
  started_at BIGINT,
  finished_at BIGINT,
  PRIMARY KEY (workflow_id, step_key)
);
CREATE INDEX workflow_steps_at_work ON workflow_steps (task_id) WHERE status = 'running' AND task_id IS NOT NULL;

CREATE TABLE workflow_signals (
  workflow_id TEXT NOT NULL,
  signal TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  PRIMARY KEY (workflow_id, signal)
);

CREATE INDEX tasks_by_workflow ON tasks (workflow_id, id) WHERE workflow_id IS NOT NULL;
`,
};

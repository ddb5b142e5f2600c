/**
 * The tables of both homes. The types are those that SQLite and Postgres read alike: TEXT, BIGINT (an instant is
 * milliseconds since the epoch, a flag is 0 or 1, money is whole millionths of a US dollar). JSON is text.
 */
export const firstSlice = {
  name: '0001-first-slice',
  sql: `
CREATE TABLE tenants (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  plan TEXT NOT NULL,
  settings TEXT NOT NULL,
  limits TEXT NOT NULL,
  signing_secret TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  prefix TEXT NOT NULL,
  hash TEXT NOT NULL,
  role TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  last_used_at BIGINT,
  revoked_at BIGINT
);
CREATE UNIQUE INDEX api_keys_by_hash ON api_keys (hash);
CREATE INDEX api_keys_by_tenant ON api_keys (tenant_id, id);

CREATE TABLE idempotency_keys (
  tenant_id TEXT NOT NULL,
  route TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  status BIGINT NOT NULL,
  body TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, route, idempotency_key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE labels (
  tenant_id TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  label TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (tenant_id, resource_id, label)
);
CREATE INDEX labels_by_value ON labels (tenant_id, label, value, resource_id);

CREATE TABLE agents (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  status TEXT NOT NULL,
  version BIGINT NOT NULL,
  deployed_version BIGINT,
  desired_replicas BIGINT NOT NULL,
  config TEXT NOT NULL,
  search_text TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  deleted_at BIGINT
);
CREATE INDEX agents_by_tenant ON agents (tenant_id, id);

CREATE TABLE agent_versions (
  agent_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  tenant_id TEXT NOT NULL,
  config TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (agent_id, version)
);

CREATE TABLE deployments (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  agent_version BIGINT NOT NULL,
  reason TEXT NOT NULL,
  status TEXT NOT NULL,
  strategy TEXT NOT NULL,
  previous_replicas BIGINT NOT NULL,
  desired_replicas BIGINT NOT NULL,
  ready_replicas BIGINT NOT NULL,
  error TEXT,
  version BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  finished_at BIGINT
);
CREATE INDEX deployments_by_agent ON deployments (agent_id, id);

CREATE TABLE tasks (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  agent_id TEXT,
  agent_version BIGINT,
  team_id TEXT,
  workflow_id TEXT,
  batch_id TEXT,
  parent_task_id TEXT,
  retry_of TEXT,
  forked_from_task TEXT,
  forked_from_step BIGINT,
  ancestry TEXT,
  start_state TEXT,
  side_effects TEXT,
  status TEXT NOT NULL,
  priority TEXT NOT NULL,
  order_key BIGINT NOT NULL,
  input TEXT NOT NULL,
  memory TEXT,
  output_schema TEXT,
  timeout_seconds BIGINT,
  max_cost_microusd BIGINT,
  scheduled_for BIGINT,
  expires_at BIGINT,
  owner TEXT,
  epoch BIGINT NOT NULL,
  attempt BIGINT NOT NULL,
  losses BIGINT NOT NULL,
  waiting_for TEXT,
  result TEXT,
  error TEXT,
  steps BIGINT NOT NULL,
  model_calls BIGINT NOT NULL,
  tool_calls BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  cache_read_tokens BIGINT NOT NULL,
  cache_write_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  reasoning_tokens BIGINT NOT NULL,
  cost_microusd BIGINT,
  simulated BIGINT NOT NULL,
  metadata TEXT NOT NULL,
  labels TEXT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  finished_at BIGINT,
  updated_at BIGINT NOT NULL
);
CREATE INDEX tasks_by_tenant ON tasks (tenant_id, id);
CREATE INDEX tasks_by_agent ON tasks (agent_id, id);
CREATE INDEX tasks_by_fork ON tasks (forked_from_task, id) WHERE forked_from_task IS NOT NULL;
CREATE INDEX tasks_by_parent ON tasks (parent_task_id, id) WHERE parent_task_id IS NOT NULL;
CREATE INDEX tasks_by_batch ON tasks (batch_id, id) WHERE batch_id IS NOT NULL;
CREATE INDEX tasks_queued ON tasks (agent_id, order_key, id) WHERE status = 'queued';
CREATE INDEX tasks_running ON tasks (agent_id) WHERE status = 'running';
CREATE INDEX tasks_scheduled ON tasks (scheduled_for) WHERE status = 'scheduled';
CREATE INDEX tasks_expiring ON tasks (expires_at) WHERE status = 'queued' AND expires_at IS NOT NULL;

CREATE TABLE steps (
  task_id TEXT NOT NULL,
  step BIGINT NOT NULL,
  tenant_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  entry TEXT NOT NULL,
  input TEXT NOT NULL,
  output TEXT NOT NULL,
  error TEXT,
  model TEXT,
  tool TEXT,
  child_task_id TEXT,
  input_tokens BIGINT,
  cache_read_tokens BIGINT,
  cache_write_tokens BIGINT,
  output_tokens BIGINT,
  reasoning_tokens BIGINT,
  cost_microusd BIGINT,
  started_at BIGINT NOT NULL,
  finished_at BIGINT NOT NULL,
  PRIMARY KEY (task_id, step)
);

CREATE TABLE contents (
  tenant_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (tenant_id, hash)
);
`,
};

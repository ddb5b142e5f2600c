-- What the migrations make of an empty database. Written by pnpm schema; a change of it is reviewed.

CREATE TABLE agent_logs (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  level BIGINT NOT NULL,
  source TEXT NOT NULL,
  message TEXT NOT NULL,
  task_id TEXT,
  step BIGINT,
  instance_id TEXT,
  created_at BIGINT NOT NULL
);

CREATE INDEX agent_logs_by_agent ON agent_logs (agent_id, id);

CREATE TABLE agent_versions (
  agent_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  tenant_id TEXT NOT NULL,
  config TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (agent_id, version)
);

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
, ready_replicas BIGINT NOT NULL DEFAULT 0, generation TEXT NOT NULL DEFAULT '');

CREATE INDEX agents_by_tenant ON agents (tenant_id, id);

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
, user_id TEXT);

CREATE UNIQUE INDEX api_keys_by_hash ON api_keys (hash);

CREATE INDEX api_keys_by_tenant ON api_keys (tenant_id, id);

CREATE TABLE audit_log (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id)
);

CREATE TRIGGER audit_log_keeps BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log only grows'); END;

CREATE TRIGGER audit_log_stays BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log only grows'); END;

CREATE TABLE bad_end_hours (
  tenant_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  hour BIGINT NOT NULL,
  status TEXT NOT NULL,
  code TEXT NOT NULL,
  total BIGINT NOT NULL,
  cost_microusd BIGINT NOT NULL,
  priced BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, agent_id, hour, status, code)
);

CREATE INDEX bad_end_hours_by_hour ON bad_end_hours (tenant_id, hour);

CREATE TABLE billing_accounts (
  tenant_id TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL,
  subscription_id TEXT,
  status TEXT NOT NULL,
  period_start BIGINT,
  period_end BIGINT,
  changed_at BIGINT NOT NULL,
  reported_until BIGINT NOT NULL
);

CREATE UNIQUE INDEX billing_accounts_by_customer ON billing_accounts (customer_id);

CREATE TABLE billing_events (
  id TEXT PRIMARY KEY,
  received_at BIGINT NOT NULL
);

CREATE TABLE contents (
  tenant_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  day BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (tenant_id, hash, day)
);

CREATE TABLE deliveries (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  recipient TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  event_type TEXT NOT NULL,
  status TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  response_status BIGINT,
  next_attempt_at BIGINT,
  give_up_at BIGINT NOT NULL,
  claim TEXT,
  created_at BIGINT NOT NULL,
  finished_at BIGINT
);

CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint_id, id);

CREATE INDEX deliveries_finished ON deliveries (finished_at) WHERE finished_at IS NOT NULL;

CREATE UNIQUE INDEX deliveries_once ON deliveries (subject_id, seq, endpoint_id, recipient);

CREATE INDEX deliveries_pending ON deliveries (endpoint_id, id) WHERE status = 'pending';

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
, generation TEXT NOT NULL DEFAULT '', previous_version BIGINT, previous_generation TEXT NOT NULL DEFAULT '', drain_until BIGINT);

CREATE INDEX deployments_by_agent ON deployments (agent_id, id);

CREATE UNIQUE INDEX deployments_in_progress ON deployments (agent_id) WHERE status = 'in_progress';

CREATE TABLE events (
  subject_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  tenant_id TEXT NOT NULL,
  type TEXT NOT NULL,
  step BIGINT,
  data TEXT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (subject_id, seq)
);

CREATE TRIGGER events_to_outbox AFTER INSERT ON events
WHEN NEW.type = 'billing.threshold' OR (
  (NEW.type = 'task.status' OR NEW.type = 'workflow.status' OR NEW.type = 'agent.status')
  AND EXISTS (SELECT 1 FROM webhooks WHERE tenant_id = NEW.tenant_id AND enabled = 1)
)
BEGIN
  INSERT INTO outbox (subject_id, seq, tenant_id, event_type, created_at)
  SELECT NEW.subject_id, NEW.seq, NEW.tenant_id, told.type, NEW.created_at
  FROM (
    SELECT CASE NEW.type
      WHEN 'task.status' THEN 'task.' || json_extract(NEW.data, '$.status')
      WHEN 'workflow.status' THEN 'workflow.' || json_extract(NEW.data, '$.status')
      ELSE NEW.type
    END AS type
  ) AS told
  WHERE told.type = 'billing.threshold' OR (
    told.type IN ('task.completed', 'task.failed', 'task.cancelled', 'task.waiting',
    'workflow.completed', 'workflow.failed', 'agent.status')
    AND (
      told.type <> 'task.waiting'
      OR json_extract(json_extract(NEW.data, '$.waiting_for'), '$.kind') IN ('approval', 'input')
    )
    AND EXISTS (
      SELECT 1 FROM webhooks
      WHERE tenant_id = NEW.tenant_id AND enabled = 1 AND instr(events, '"' || told.type || '"') > 0
    )
  );
END;

CREATE TABLE feedback (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  task_id TEXT NOT NULL,
  agent_id TEXT,
  agent_version BIGINT,
  simulated BIGINT NOT NULL,
  verdict TEXT NOT NULL,
  comment TEXT,
  corrected_result TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE INDEX feedback_by_agent ON feedback (agent_id, created_at);

CREATE INDEX feedback_by_task ON feedback (task_id, id);

CREATE TABLE finished_hours (
  tenant_id TEXT NOT NULL,
  owner TEXT NOT NULL,
  kind TEXT NOT NULL,
  hour BIGINT NOT NULL,
  agent_version BIGINT NOT NULL,
  simulated BIGINT NOT NULL,
  total BIGINT NOT NULL,
  completed BIGINT NOT NULL,
  failed BIGINT NOT NULL,
  steps BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  cache_read_tokens BIGINT NOT NULL,
  cache_write_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  reasoning_tokens BIGINT NOT NULL,
  cost_microusd BIGINT,
  priced BIGINT NOT NULL,
  busy_ms BIGINT NOT NULL,
  oldest BIGINT NOT NULL,
  newest BIGINT NOT NULL,
  durations TEXT,
  waits TEXT,
  PRIMARY KEY (tenant_id, owner, hour, agent_version, simulated)
);

CREATE INDEX finished_hours_by_hour ON finished_hours (tenant_id, hour);

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

CREATE TABLE instances (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  agent_version BIGINT NOT NULL,
  generation TEXT NOT NULL,
  status TEXT NOT NULL,
  worker_id TEXT NOT NULL,
  host TEXT NOT NULL,
  current_task_id TEXT,
  completed_tasks BIGINT NOT NULL,
  failed_tasks BIGINT NOT NULL,
  provider_errors BIGINT NOT NULL,
  restarts BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  heartbeat_at BIGINT NOT NULL,
  finished_at BIGINT
);

CREATE INDEX instances_by_agent ON instances (agent_id, id);

CREATE INDEX instances_finished ON instances (finished_at) WHERE finished_at IS NOT NULL;

CREATE INDEX instances_live ON instances (worker_id, agent_id) WHERE finished_at IS NULL;

CREATE TABLE invites (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  code TEXT NOT NULL,
  code_hash TEXT NOT NULL,
  role TEXT NOT NULL,
  max_uses BIGINT NOT NULL,
  uses BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT
);

CREATE UNIQUE INDEX invites_by_hash ON invites (code_hash);

CREATE INDEX invites_by_tenant ON invites (tenant_id, id);

CREATE TABLE labels (
  tenant_id TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  label TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (tenant_id, resource_id, label)
);

CREATE INDEX labels_by_value ON labels (tenant_id, label, value, resource_id);

CREATE TABLE members (
  tenant_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  email TEXT NOT NULL,
  name TEXT,
  role TEXT NOT NULL,
  joined_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
);

CREATE TABLE notification_preferences (
  tenant_id TEXT PRIMARY KEY,
  email_enabled BIGINT NOT NULL,
  email_recipients TEXT NOT NULL,
  thresholds TEXT NOT NULL
);

CREATE TABLE outbox (
  subject_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  tenant_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  body TEXT,
  PRIMARY KEY (subject_id, seq)
);

CREATE INDEX outbox_by_age ON outbox (created_at);

CREATE INDEX outbox_unsorted ON outbox (created_at, subject_id, seq) WHERE body IS NULL;

CREATE TABLE quota_counters (
  tenant_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  period_start BIGINT NOT NULL,
  used BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, resource, period_start)
);

CREATE TABLE rate_buckets (
  id TEXT PRIMARY KEY,
  full_at_us BIGINT NOT NULL
);

CREATE TABLE removed_traces (
  task_id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  removed_at BIGINT NOT NULL
);

CREATE TABLE schema_migrations (name TEXT PRIMARY KEY, applied_at BIGINT NOT NULL);

CREATE TABLE server_secrets (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE stale_hours (
  tenant_id TEXT NOT NULL,
  hour BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, hour)
);

CREATE TABLE statistics_folds (
  tenant_id TEXT PRIMARY KEY,
  folded_from BIGINT NOT NULL,
  folded_until BIGINT NOT NULL
);

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
  finished_at BIGINT,
  PRIMARY KEY (task_id, step)
);

CREATE INDEX steps_ledger ON steps (tenant_id, finished_at) WHERE input_tokens IS NOT NULL;

CREATE INDEX steps_of_approvals ON steps (tenant_id, finished_at, task_id, name) WHERE kind = 'approval';

CREATE INDEX steps_of_tools ON steps (tenant_id, finished_at, task_id, name, status, started_at) WHERE kind = 'tool';

CREATE TRIGGER steps_added_late AFTER INSERT ON steps
WHEN NEW.kind = 'tool' AND NEW.finished_at IS NOT NULL AND NEW.finished_at < (julianday('now') - 2440587.5) * 86400000 - 120000
BEGIN
  INSERT INTO stale_hours (tenant_id, hour) SELECT NEW.tenant_id, NEW.finished_at / 3600000 * 3600000
  WHERE NEW.finished_at IS NOT NULL ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER steps_changed_late AFTER UPDATE OF name, status, started_at, finished_at ON steps
WHEN NEW.kind = 'tool' AND (NEW.finished_at IS NOT NULL AND NEW.finished_at < (julianday('now') - 2440587.5) * 86400000 - 120000 OR OLD.finished_at IS NOT NULL AND OLD.finished_at < (julianday('now') - 2440587.5) * 86400000 - 120000)
BEGIN
  INSERT INTO stale_hours (tenant_id, hour) SELECT OLD.tenant_id, OLD.finished_at / 3600000 * 3600000
  WHERE OLD.finished_at IS NOT NULL ON CONFLICT DO NOTHING;
  INSERT INTO stale_hours (tenant_id, hour) SELECT NEW.tenant_id, NEW.finished_at / 3600000 * 3600000
  WHERE NEW.finished_at IS NOT NULL ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER steps_removed AFTER DELETE ON steps
WHEN OLD.kind = 'tool' AND OLD.finished_at IS NOT NULL
BEGIN
  INSERT INTO stale_hours (tenant_id, hour) SELECT OLD.tenant_id, OLD.finished_at / 3600000 * 3600000
  WHERE OLD.finished_at IS NOT NULL ON CONFLICT DO NOTHING;
END;

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
, root_task_id TEXT, depth BIGINT NOT NULL DEFAULT 0, paused_at BIGINT, paused_ms BIGINT NOT NULL DEFAULT 0, team_version BIGINT);

CREATE INDEX tasks_actions_due ON tasks (json_extract(waiting_for, '$.expiresAt')) WHERE status = 'waiting';

CREATE INDEX tasks_bad_ends ON tasks (tenant_id, id) WHERE status IN ('failed', 'cancelled');

CREATE INDEX tasks_by_agent ON tasks (agent_id, id);

CREATE INDEX tasks_by_batch ON tasks (batch_id, id) WHERE batch_id IS NOT NULL;

CREATE INDEX tasks_by_fork ON tasks (forked_from_task, id) WHERE forked_from_task IS NOT NULL;

CREATE INDEX tasks_by_parent ON tasks (parent_task_id, id) WHERE parent_task_id IS NOT NULL;

CREATE INDEX tasks_by_root ON tasks (root_task_id, id) WHERE root_task_id IS NOT NULL;

CREATE INDEX tasks_by_team ON tasks (team_id, id) WHERE team_id IS NOT NULL;

CREATE INDEX tasks_by_tenant ON tasks (tenant_id, id);

CREATE INDEX tasks_by_workflow ON tasks (workflow_id, id) WHERE workflow_id IS NOT NULL;

CREATE INDEX tasks_coordinated ON tasks (tenant_id, order_key, id) WHERE status = 'queued' AND agent_id IS NULL;

CREATE INDEX tasks_expiring ON tasks (expires_at) WHERE status = 'queued' AND expires_at IS NOT NULL;

CREATE INDEX tasks_finished ON tasks (
  tenant_id, finished_at, status, agent_id, team_id, agent_version, simulated, created_at, scheduled_for, started_at, steps,
  input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_microusd
) WHERE finished_at IS NOT NULL;

CREATE INDEX tasks_finished_by_team ON tasks (team_id, tenant_id, finished_at)
WHERE team_id IS NOT NULL AND finished_at IS NOT NULL;

CREATE INDEX tasks_handed_out ON tasks (tenant_id, finished_at, root_task_id)
WHERE root_task_id IS NOT NULL AND finished_at IS NOT NULL;

CREATE INDEX tasks_held ON tasks (tenant_id, order_key, id)
WHERE status = 'waiting' AND waiting_for = '{"kind":"budget","limit":"spend"}';

CREATE INDEX tasks_open ON tasks (tenant_id, id) WHERE finished_at IS NULL;

CREATE INDEX tasks_queued ON tasks (agent_id, order_key, id) WHERE status = 'queued';

CREATE INDEX tasks_running ON tasks (agent_id) WHERE status = 'running';

CREATE INDEX tasks_scheduled ON tasks (scheduled_for) WHERE status = 'scheduled';

CREATE INDEX tasks_waiting ON tasks (id) WHERE status = 'waiting';

CREATE TRIGGER tasks_changed_late AFTER UPDATE OF 
  finished_at, error, agent_id, team_id, simulated, created_at, scheduled_for, steps,
  input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_microusd ON tasks
WHEN NEW.finished_at IS NOT NULL AND NEW.finished_at < (julianday('now') - 2440587.5) * 86400000 - 120000 OR OLD.finished_at IS NOT NULL AND OLD.finished_at < (julianday('now') - 2440587.5) * 86400000 - 120000 OR ((NEW.simulated <> OLD.simulated OR coalesce(NEW.agent_id, '') <> coalesce(OLD.agent_id, '')) AND NEW.started_at IS NOT NULL AND NEW.started_at < (julianday('now') - 2440587.5) * 86400000 - 120000)
BEGIN
  INSERT INTO stale_hours (tenant_id, hour) SELECT OLD.tenant_id, OLD.finished_at / 3600000 * 3600000
  WHERE OLD.finished_at IS NOT NULL ON CONFLICT DO NOTHING;
  INSERT INTO stale_hours (tenant_id, hour) SELECT NEW.tenant_id, NEW.finished_at / 3600000 * 3600000
  WHERE NEW.finished_at IS NOT NULL ON CONFLICT DO NOTHING;
  INSERT INTO stale_hours (tenant_id, hour) SELECT tenant_id, finished_at / 3600000 * 3600000 FROM steps
  WHERE task_id = NEW.id AND kind = 'tool' AND finished_at IS NOT NULL AND (NEW.simulated <> OLD.simulated OR coalesce(NEW.agent_id, '') <> coalesce(OLD.agent_id, '')) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER tasks_removed AFTER DELETE ON tasks
WHEN OLD.finished_at IS NOT NULL
BEGIN
  INSERT INTO stale_hours (tenant_id, hour) SELECT OLD.tenant_id, OLD.finished_at / 3600000 * 3600000
  WHERE OLD.finished_at IS NOT NULL ON CONFLICT DO NOTHING;
END;

CREATE TABLE team_members (
  team_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  PRIMARY KEY (team_id, agent_id)
);

CREATE INDEX team_members_by_agent ON team_members (agent_id, team_id);

CREATE TABLE team_versions (
  team_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  tenant_id TEXT NOT NULL,
  config TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (team_id, version)
);

CREATE TABLE teams (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  in_service BIGINT NOT NULL,
  config TEXT NOT NULL,
  search_text TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  deleted_at BIGINT
);

CREATE INDEX teams_by_tenant ON teams (tenant_id, id);

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
, most_running BIGINT, held BIGINT NOT NULL DEFAULT 0, spend_limit_microusd BIGINT, on_spend_limit TEXT NOT NULL DEFAULT 'notify');

CREATE TABLE threshold_alerts (
  tenant_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  period_start BIGINT NOT NULL,
  threshold BIGINT NOT NULL,
  channel TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, resource, period_start, threshold, channel)
);

CREATE TABLE tool_hours (
  tenant_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  hour BIGINT NOT NULL,
  name TEXT NOT NULL,
  simulated BIGINT NOT NULL,
  calls BIGINT NOT NULL,
  errors BIGINT NOT NULL,
  durations TEXT NOT NULL,
  PRIMARY KEY (tenant_id, agent_id, hour, name, simulated)
);

CREATE INDEX tool_hours_by_hour ON tool_hours (tenant_id, hour);

CREATE TABLE tree_calls (
  task_id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  root_task_id TEXT NOT NULL,
  epoch BIGINT NOT NULL
);

CREATE INDEX tree_calls_by_root ON tree_calls (root_task_id);

CREATE TABLE usage_folds (
  tenant_id TEXT PRIMARY KEY,
  folded_until BIGINT NOT NULL
);

CREATE TABLE usage_hours (
  tenant_id TEXT NOT NULL,
  hour BIGINT NOT NULL,
  agent_id TEXT NOT NULL,
  model_provider TEXT NOT NULL,
  model TEXT NOT NULL,
  input_tokens BIGINT NOT NULL,
  cache_read_tokens BIGINT NOT NULL,
  cache_write_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  reasoning_tokens BIGINT NOT NULL,
  cost_microusd BIGINT NOT NULL,
  unpriced_tokens BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, hour, agent_id, model_provider, model)
);

CREATE TABLE webhooks (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  purpose TEXT NOT NULL,
  url TEXT NOT NULL,
  events TEXT NOT NULL,
  enabled BIGINT NOT NULL,
  secret TEXT NOT NULL,
  previous_secret TEXT,
  previous_secret_until BIGINT,
  failures BIGINT NOT NULL,
  rests_until BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE INDEX webhooks_by_tenant ON webhooks (tenant_id, id);

CREATE TABLE workers (
  id TEXT PRIMARY KEY,
  host TEXT NOT NULL,
  pid BIGINT NOT NULL,
  lock_key BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  heartbeat_at BIGINT NOT NULL
, event_loop_lag_ms BIGINT, slots BIGINT);

CREATE TABLE workflow_definition_versions (
  definition_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  tenant_id TEXT NOT NULL,
  config TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (definition_id, version)
);

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

CREATE TABLE workflow_signals (
  workflow_id TEXT NOT NULL,
  signal TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  PRIMARY KEY (workflow_id, signal)
);

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

CREATE INDEX workflow_steps_decided ON workflow_steps (tenant_id, finished_at, workflow_id, step_key)
WHERE task_id IS NULL AND child_workflow_id IS NULL AND finished_at IS NOT NULL;

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

CREATE INDEX workflows_by_definition ON workflows (definition_id, id);

CREATE INDEX workflows_by_tenant ON workflows (tenant_id, id);

CREATE INDEX workflows_due ON workflows (due_at) WHERE due_at IS NOT NULL;

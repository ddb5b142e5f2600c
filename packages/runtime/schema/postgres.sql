-- What the migrations make of an empty database. Written by pnpm schema; a change of it is reviewed.

CREATE OR REPLACE FUNCTION audit_log_only_grows()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN RAISE EXCEPTION 'audit_log only grows'; END $function$;

CREATE OR REPLACE FUNCTION events_to_outbox()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM added
    WHERE type = 'billing.threshold' OR (
      type IN ('task.status', 'workflow.status', 'agent.status')
      AND EXISTS (SELECT 1 FROM webhooks WHERE webhooks.tenant_id = added.tenant_id AND enabled = 1)
    )
  ) THEN
    RETURN NULL;
  END IF;
  INSERT INTO outbox (subject_id, seq, tenant_id, event_type, created_at)
  SELECT told.subject_id, told.seq, told.tenant_id, told.type, told.created_at
  FROM (
    SELECT subject_id, seq, tenant_id, created_at, data, CASE type
      WHEN 'task.status' THEN 'task.' || (data::json ->> 'status')
      WHEN 'workflow.status' THEN 'workflow.' || (data::json ->> 'status')
      ELSE type
    END AS type
    FROM added WHERE type IN ('task.status', 'workflow.status', 'agent.status', 'billing.threshold')
  ) AS told
  WHERE told.type = 'billing.threshold' OR (
    told.type IN ('task.completed', 'task.failed', 'task.cancelled', 'task.waiting',
    'workflow.completed', 'workflow.failed', 'agent.status')
    AND (
      told.type <> 'task.waiting'
      OR ((told.data::json ->> 'waiting_for')::json ->> 'kind') IN ('approval', 'input')
    )
    AND EXISTS (
      SELECT 1 FROM webhooks
      WHERE webhooks.tenant_id = told.tenant_id AND enabled = 1
        AND position('"' || told.type || '"' IN webhooks.events) > 0
    )
  );
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION notice_stale_hour()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO stale_hours (tenant_id, hour) SELECT OLD.tenant_id, OLD.finished_at / 3600000 * 3600000
    WHERE OLD.finished_at IS NOT NULL
    ON CONFLICT (tenant_id, hour) DO UPDATE SET hour = excluded.hour;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO stale_hours (tenant_id, hour) SELECT NEW.tenant_id, NEW.finished_at / 3600000 * 3600000
    WHERE NEW.finished_at IS NOT NULL
    ON CONFLICT (tenant_id, hour) DO UPDATE SET hour = excluded.hour;
  END IF;
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION notice_stale_hours_of_tools()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  INSERT INTO stale_hours (tenant_id, hour) SELECT DISTINCT tenant_id, finished_at / 3600000 * 3600000 FROM steps
  WHERE task_id = NEW.id AND kind = 'tool' AND finished_at IS NOT NULL
  ON CONFLICT (tenant_id, hour) DO UPDATE SET hour = excluded.hour;
  RETURN NULL;
END $function$;

CREATE TABLE agent_logs (
  id text NOT NULL,
  tenant_id text NOT NULL,
  agent_id text NOT NULL,
  level bigint NOT NULL,
  source text NOT NULL,
  message text NOT NULL,
  task_id text,
  step bigint,
  instance_id text,
  created_at bigint NOT NULL
);

ALTER TABLE agent_logs ADD CONSTRAINT agent_logs_pkey PRIMARY KEY (id);

CREATE INDEX agent_logs_by_agent ON agent_logs USING btree (agent_id, id);

CREATE POLICY tenant_rows ON agent_logs USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE agent_versions (
  agent_id text NOT NULL,
  version bigint NOT NULL,
  tenant_id text NOT NULL,
  config text NOT NULL,
  created_at bigint NOT NULL
);

ALTER TABLE agent_versions ADD CONSTRAINT agent_versions_pkey PRIMARY KEY (agent_id, version);

CREATE POLICY tenant_rows ON agent_versions USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE agents (
  id text NOT NULL,
  tenant_id text NOT NULL,
  name text NOT NULL,
  type text NOT NULL,
  status text NOT NULL,
  version bigint NOT NULL,
  deployed_version bigint,
  desired_replicas bigint NOT NULL,
  config text NOT NULL,
  search_text text NOT NULL DEFAULT ''::text,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  deleted_at bigint,
  ready_replicas bigint NOT NULL DEFAULT 0,
  generation text NOT NULL DEFAULT ''::text
);

ALTER TABLE agents ADD CONSTRAINT agents_pkey PRIMARY KEY (id);

CREATE INDEX agents_by_tenant ON agents USING btree (tenant_id, id);

CREATE POLICY tenant_rows ON agents USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE api_keys (
  id text NOT NULL,
  tenant_id text NOT NULL,
  name text NOT NULL,
  prefix text NOT NULL,
  hash text NOT NULL,
  role text NOT NULL,
  scopes text NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint,
  last_used_at bigint,
  revoked_at bigint,
  user_id text
);

ALTER TABLE api_keys ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);

CREATE UNIQUE INDEX api_keys_by_hash ON api_keys USING btree (hash);

CREATE INDEX api_keys_by_tenant ON api_keys USING btree (tenant_id, id);

CREATE POLICY tenant_rows ON api_keys USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE audit_log (
  tenant_id text NOT NULL,
  id text NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  target text NOT NULL,
  created_at bigint NOT NULL
);

ALTER TABLE audit_log ADD CONSTRAINT audit_log_pkey PRIMARY KEY (tenant_id, id);

CREATE TRIGGER audit_log_keeps BEFORE DELETE OR UPDATE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_only_grows();

CREATE TRIGGER audit_log_stays BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION audit_log_only_grows();

CREATE POLICY tenant_rows ON audit_log USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE bad_end_hours (
  tenant_id text NOT NULL,
  agent_id text NOT NULL,
  hour bigint NOT NULL,
  status text NOT NULL,
  code text NOT NULL,
  total bigint NOT NULL,
  cost_microusd bigint NOT NULL,
  priced bigint NOT NULL
);

ALTER TABLE bad_end_hours ADD CONSTRAINT bad_end_hours_pkey PRIMARY KEY (tenant_id, agent_id, hour, status, code);

CREATE INDEX bad_end_hours_by_hour ON bad_end_hours USING btree (tenant_id, hour);

CREATE POLICY tenant_rows ON bad_end_hours USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE billing_accounts (
  tenant_id text NOT NULL,
  customer_id text NOT NULL,
  subscription_id text,
  status text NOT NULL,
  period_start bigint,
  period_end bigint,
  changed_at bigint NOT NULL,
  reported_until bigint NOT NULL
);

ALTER TABLE billing_accounts ADD CONSTRAINT billing_accounts_pkey PRIMARY KEY (tenant_id);

CREATE UNIQUE INDEX billing_accounts_by_customer ON billing_accounts USING btree (customer_id);

CREATE POLICY tenant_rows ON billing_accounts USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE billing_events (
  id text NOT NULL,
  received_at bigint NOT NULL
);

ALTER TABLE billing_events ADD CONSTRAINT billing_events_pkey PRIMARY KEY (id);

CREATE TABLE contents (
  tenant_id text NOT NULL,
  hash text NOT NULL,
  body text NOT NULL,
  day bigint NOT NULL
);

ALTER TABLE contents ADD CONSTRAINT contents_pkey PRIMARY KEY (tenant_id, hash, day);

CREATE POLICY tenant_rows ON contents USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE deliveries (
  id text NOT NULL,
  tenant_id text NOT NULL,
  endpoint_id text NOT NULL,
  recipient text NOT NULL,
  subject_id text NOT NULL,
  seq bigint NOT NULL,
  event_type text NOT NULL,
  status text NOT NULL,
  attempts bigint NOT NULL,
  response_status bigint,
  next_attempt_at bigint,
  give_up_at bigint NOT NULL,
  claim text,
  created_at bigint NOT NULL,
  finished_at bigint
);

ALTER TABLE deliveries ADD CONSTRAINT deliveries_pkey PRIMARY KEY (id);

CREATE INDEX deliveries_by_endpoint ON deliveries USING btree (endpoint_id, id);

CREATE INDEX deliveries_finished ON deliveries USING btree (finished_at) WHERE (finished_at IS NOT NULL);

CREATE UNIQUE INDEX deliveries_once ON deliveries USING btree (subject_id, seq, endpoint_id, recipient);

CREATE INDEX deliveries_pending ON deliveries USING btree (endpoint_id, id) WHERE (status = 'pending'::text);

CREATE POLICY tenant_rows ON deliveries USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE deployments (
  id text NOT NULL,
  tenant_id text NOT NULL,
  agent_id text NOT NULL,
  agent_version bigint NOT NULL,
  reason text NOT NULL,
  status text NOT NULL,
  strategy text NOT NULL,
  previous_replicas bigint NOT NULL,
  desired_replicas bigint NOT NULL,
  ready_replicas bigint NOT NULL,
  error text,
  version bigint NOT NULL,
  started_at bigint NOT NULL,
  finished_at bigint,
  generation text NOT NULL DEFAULT ''::text,
  previous_version bigint,
  previous_generation text NOT NULL DEFAULT ''::text,
  drain_until bigint
);

ALTER TABLE deployments ADD CONSTRAINT deployments_pkey PRIMARY KEY (id);

CREATE INDEX deployments_by_agent ON deployments USING btree (agent_id, id);

CREATE UNIQUE INDEX deployments_in_progress ON deployments USING btree (agent_id) WHERE (status = 'in_progress'::text);

CREATE POLICY tenant_rows ON deployments USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE events (
  subject_id text NOT NULL,
  seq bigint NOT NULL,
  tenant_id text NOT NULL,
  type text NOT NULL,
  step bigint,
  data text,
  created_at bigint NOT NULL
);

ALTER TABLE events ADD CONSTRAINT events_pkey PRIMARY KEY (subject_id, seq);

CREATE TRIGGER events_to_outbox AFTER INSERT ON events REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION events_to_outbox();

CREATE POLICY tenant_rows ON events USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE feedback (
  id text NOT NULL,
  tenant_id text NOT NULL,
  task_id text NOT NULL,
  agent_id text,
  agent_version bigint,
  simulated bigint NOT NULL,
  verdict text NOT NULL,
  comment text,
  corrected_result text NOT NULL,
  created_at bigint NOT NULL
);

ALTER TABLE feedback ADD CONSTRAINT feedback_pkey PRIMARY KEY (id);

CREATE INDEX feedback_by_agent ON feedback USING btree (agent_id, created_at);

CREATE INDEX feedback_by_task ON feedback USING btree (task_id, id);

CREATE POLICY tenant_rows ON feedback USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE finished_hours (
  tenant_id text NOT NULL,
  owner text NOT NULL,
  kind text NOT NULL,
  hour bigint NOT NULL,
  agent_version bigint NOT NULL,
  simulated bigint NOT NULL,
  total bigint NOT NULL,
  completed bigint NOT NULL,
  failed bigint NOT NULL,
  steps bigint NOT NULL,
  input_tokens bigint NOT NULL,
  cache_read_tokens bigint NOT NULL,
  cache_write_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  reasoning_tokens bigint NOT NULL,
  cost_microusd bigint,
  priced bigint NOT NULL,
  busy_ms bigint NOT NULL,
  oldest bigint NOT NULL,
  newest bigint NOT NULL,
  durations text,
  waits text
);

ALTER TABLE finished_hours ADD CONSTRAINT finished_hours_pkey PRIMARY KEY (tenant_id, owner, hour, agent_version, simulated);

CREATE INDEX finished_hours_by_hour ON finished_hours USING btree (tenant_id, hour);

CREATE POLICY tenant_rows ON finished_hours USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE idempotency_keys (
  tenant_id text NOT NULL,
  route text NOT NULL,
  idempotency_key text NOT NULL,
  request_hash text NOT NULL,
  status bigint NOT NULL,
  body text NOT NULL,
  created_at bigint NOT NULL
);

ALTER TABLE idempotency_keys ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (tenant_id, route, idempotency_key);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys USING btree (created_at);

CREATE POLICY tenant_rows ON idempotency_keys USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE instances (
  id text NOT NULL,
  tenant_id text NOT NULL,
  agent_id text NOT NULL,
  agent_version bigint NOT NULL,
  generation text NOT NULL,
  status text NOT NULL,
  worker_id text NOT NULL,
  host text NOT NULL,
  current_task_id text,
  completed_tasks bigint NOT NULL,
  failed_tasks bigint NOT NULL,
  provider_errors bigint NOT NULL,
  restarts bigint NOT NULL,
  started_at bigint NOT NULL,
  heartbeat_at bigint NOT NULL,
  finished_at bigint
);

ALTER TABLE instances ADD CONSTRAINT instances_pkey PRIMARY KEY (id);

CREATE INDEX instances_by_agent ON instances USING btree (agent_id, id);

CREATE INDEX instances_finished ON instances USING btree (finished_at) WHERE (finished_at IS NOT NULL);

CREATE INDEX instances_live ON instances USING btree (worker_id, agent_id) WHERE (finished_at IS NULL);

CREATE POLICY tenant_rows ON instances USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE invites (
  id text NOT NULL,
  tenant_id text NOT NULL,
  code text NOT NULL,
  code_hash text NOT NULL,
  role text NOT NULL,
  max_uses bigint NOT NULL,
  uses bigint NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  revoked_at bigint
);

ALTER TABLE invites ADD CONSTRAINT invites_pkey PRIMARY KEY (id);

CREATE UNIQUE INDEX invites_by_hash ON invites USING btree (code_hash);

CREATE INDEX invites_by_tenant ON invites USING btree (tenant_id, id);

CREATE POLICY tenant_rows ON invites USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE labels (
  tenant_id text NOT NULL,
  resource_id text NOT NULL,
  label text NOT NULL,
  value text NOT NULL
);

ALTER TABLE labels ADD CONSTRAINT labels_pkey PRIMARY KEY (tenant_id, resource_id, label);

CREATE INDEX labels_by_value ON labels USING btree (tenant_id, label, value, resource_id);

CREATE POLICY tenant_rows ON labels USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE members (
  tenant_id text NOT NULL,
  user_id text NOT NULL,
  email text NOT NULL,
  name text,
  role text NOT NULL,
  joined_at bigint NOT NULL
);

ALTER TABLE members ADD CONSTRAINT members_pkey PRIMARY KEY (tenant_id, user_id);

CREATE POLICY tenant_rows ON members USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE notification_preferences (
  tenant_id text NOT NULL,
  email_enabled bigint NOT NULL,
  email_recipients text NOT NULL,
  thresholds text NOT NULL
);

ALTER TABLE notification_preferences ADD CONSTRAINT notification_preferences_pkey PRIMARY KEY (tenant_id);

CREATE POLICY tenant_rows ON notification_preferences USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE outbox (
  subject_id text NOT NULL,
  seq bigint NOT NULL,
  tenant_id text NOT NULL,
  event_type text NOT NULL,
  created_at bigint NOT NULL,
  body text
);

ALTER TABLE outbox ADD CONSTRAINT outbox_pkey PRIMARY KEY (subject_id, seq);

CREATE INDEX outbox_by_age ON outbox USING btree (created_at);

CREATE INDEX outbox_unsorted ON outbox USING btree (created_at, subject_id, seq) WHERE (body IS NULL);

CREATE POLICY tenant_rows ON outbox USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE quota_counters (
  tenant_id text NOT NULL,
  resource text NOT NULL,
  period_start bigint NOT NULL,
  used bigint NOT NULL
);

ALTER TABLE quota_counters ADD CONSTRAINT quota_counters_pkey PRIMARY KEY (tenant_id, resource, period_start);

CREATE POLICY tenant_rows ON quota_counters USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE rate_buckets (
  id text NOT NULL,
  full_at_us bigint NOT NULL
);

ALTER TABLE rate_buckets ADD CONSTRAINT rate_buckets_pkey PRIMARY KEY (id);

CREATE TABLE removed_traces (
  task_id text NOT NULL,
  tenant_id text NOT NULL,
  removed_at bigint NOT NULL
);

ALTER TABLE removed_traces ADD CONSTRAINT removed_traces_pkey PRIMARY KEY (task_id);

CREATE POLICY tenant_rows ON removed_traces USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE schema_migrations (
  name text NOT NULL,
  applied_at bigint NOT NULL
);

ALTER TABLE schema_migrations ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (name);

CREATE TABLE server_secrets (
  name text NOT NULL,
  value text NOT NULL,
  created_at bigint NOT NULL
);

ALTER TABLE server_secrets ADD CONSTRAINT server_secrets_pkey PRIMARY KEY (name);

CREATE TABLE stale_hours (
  tenant_id text NOT NULL,
  hour bigint NOT NULL
);

ALTER TABLE stale_hours ADD CONSTRAINT stale_hours_pkey PRIMARY KEY (tenant_id, hour);

CREATE POLICY tenant_rows ON stale_hours USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE statistics_folds (
  tenant_id text NOT NULL,
  folded_from bigint NOT NULL,
  folded_until bigint NOT NULL
);

ALTER TABLE statistics_folds ADD CONSTRAINT statistics_folds_pkey PRIMARY KEY (tenant_id);

CREATE POLICY tenant_rows ON statistics_folds USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE steps (
  task_id text NOT NULL,
  step bigint NOT NULL,
  tenant_id text NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  status text NOT NULL,
  entry text NOT NULL,
  input text NOT NULL,
  output text NOT NULL,
  error text,
  model text,
  tool text,
  child_task_id text,
  input_tokens bigint,
  cache_read_tokens bigint,
  cache_write_tokens bigint,
  output_tokens bigint,
  reasoning_tokens bigint,
  cost_microusd bigint,
  started_at bigint NOT NULL,
  finished_at bigint
);

ALTER TABLE steps ADD CONSTRAINT steps_pkey1 PRIMARY KEY (task_id, step);

CREATE INDEX steps_ledger ON steps USING btree (tenant_id, finished_at) WHERE (input_tokens IS NOT NULL);

CREATE INDEX steps_of_approvals ON steps USING btree (tenant_id, finished_at, task_id, name) WHERE (kind = 'approval'::text);

CREATE INDEX steps_of_tools ON steps USING btree (tenant_id, finished_at, task_id, name, status, started_at) WHERE (kind = 'tool'::text);

CREATE TRIGGER steps_added_late AFTER INSERT ON steps FOR EACH ROW WHEN (((new.kind = 'tool'::text) AND ((new.finished_at)::numeric < ((EXTRACT(epoch FROM clock_timestamp()) * (1000)::numeric) - (120000)::numeric)))) EXECUTE FUNCTION notice_stale_hour();

CREATE TRIGGER steps_changed_late AFTER UPDATE OF name, status, started_at, finished_at ON steps FOR EACH ROW WHEN (((new.kind = 'tool'::text) AND (((new.finished_at)::numeric < ((EXTRACT(epoch FROM clock_timestamp()) * (1000)::numeric) - (120000)::numeric)) OR ((old.finished_at)::numeric < ((EXTRACT(epoch FROM clock_timestamp()) * (1000)::numeric) - (120000)::numeric))))) EXECUTE FUNCTION notice_stale_hour();

CREATE TRIGGER steps_removed AFTER DELETE ON steps FOR EACH ROW WHEN (((old.kind = 'tool'::text) AND (old.finished_at IS NOT NULL))) EXECUTE FUNCTION notice_stale_hour();

CREATE POLICY tenant_rows ON steps USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE tasks (
  id text NOT NULL,
  tenant_id text NOT NULL,
  agent_id text,
  agent_version bigint,
  team_id text,
  workflow_id text,
  batch_id text,
  parent_task_id text,
  retry_of text,
  forked_from_task text,
  forked_from_step bigint,
  ancestry text,
  start_state text,
  side_effects text,
  status text NOT NULL,
  priority text NOT NULL,
  order_key bigint NOT NULL,
  input text NOT NULL,
  memory text,
  output_schema text,
  timeout_seconds double precision,
  max_cost_microusd bigint,
  scheduled_for bigint,
  expires_at bigint,
  owner text,
  epoch bigint NOT NULL,
  attempt bigint NOT NULL,
  losses bigint NOT NULL,
  waiting_for text,
  result text,
  error text,
  steps bigint NOT NULL,
  model_calls bigint NOT NULL,
  tool_calls bigint NOT NULL,
  input_tokens bigint NOT NULL,
  cache_read_tokens bigint NOT NULL,
  cache_write_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  reasoning_tokens bigint NOT NULL,
  cost_microusd bigint,
  simulated bigint NOT NULL,
  metadata text NOT NULL,
  labels text NOT NULL,
  version bigint NOT NULL,
  created_at bigint NOT NULL,
  started_at bigint,
  finished_at bigint,
  updated_at bigint NOT NULL,
  root_task_id text,
  depth bigint NOT NULL DEFAULT 0,
  paused_at bigint,
  paused_ms bigint NOT NULL DEFAULT 0,
  team_version bigint
);

ALTER TABLE tasks ADD CONSTRAINT tasks_pkey PRIMARY KEY (id);

CREATE INDEX tasks_actions_due ON tasks USING btree ((((waiting_for)::json ->> 'expiresAt'::text))) WHERE (status = 'waiting'::text);

CREATE INDEX tasks_bad_ends ON tasks USING btree (tenant_id, id) WHERE (status = ANY (ARRAY['failed'::text, 'cancelled'::text]));

CREATE INDEX tasks_by_agent ON tasks USING btree (agent_id, id);

CREATE INDEX tasks_by_batch ON tasks USING btree (batch_id, id) WHERE (batch_id IS NOT NULL);

CREATE INDEX tasks_by_fork ON tasks USING btree (forked_from_task, id) WHERE (forked_from_task IS NOT NULL);

CREATE INDEX tasks_by_parent ON tasks USING btree (parent_task_id, id) WHERE (parent_task_id IS NOT NULL);

CREATE INDEX tasks_by_root ON tasks USING btree (root_task_id, id) WHERE (root_task_id IS NOT NULL);

CREATE INDEX tasks_by_team ON tasks USING btree (team_id, id) WHERE (team_id IS NOT NULL);

CREATE INDEX tasks_by_tenant ON tasks USING btree (tenant_id, id);

CREATE INDEX tasks_by_workflow ON tasks USING btree (workflow_id, id) WHERE (workflow_id IS NOT NULL);

CREATE INDEX tasks_coordinated ON tasks USING btree (tenant_id, order_key, id) WHERE ((status = 'queued'::text) AND (agent_id IS NULL));

CREATE INDEX tasks_expiring ON tasks USING btree (expires_at) WHERE ((status = 'queued'::text) AND (expires_at IS NOT NULL));

CREATE INDEX tasks_finished ON tasks USING btree (tenant_id, finished_at, status, agent_id, team_id, agent_version, simulated, created_at, scheduled_for, started_at, steps, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_microusd) WHERE (finished_at IS NOT NULL);

CREATE INDEX tasks_finished_by_team ON tasks USING btree (team_id, tenant_id, finished_at) WHERE ((team_id IS NOT NULL) AND (finished_at IS NOT NULL));

CREATE INDEX tasks_handed_out ON tasks USING btree (tenant_id, finished_at, root_task_id) WHERE ((root_task_id IS NOT NULL) AND (finished_at IS NOT NULL));

CREATE INDEX tasks_held ON tasks USING btree (tenant_id, order_key, id) WHERE ((status = 'waiting'::text) AND (waiting_for = '{"kind":"budget","limit":"spend"}'::text));

CREATE INDEX tasks_open ON tasks USING btree (tenant_id, id) WHERE (finished_at IS NULL);

CREATE INDEX tasks_queued ON tasks USING btree (agent_id, order_key, id) WHERE (status = 'queued'::text);

CREATE INDEX tasks_running ON tasks USING btree (agent_id) WHERE (status = 'running'::text);

CREATE INDEX tasks_scheduled ON tasks USING btree (scheduled_for) WHERE (status = 'scheduled'::text);

CREATE INDEX tasks_waiting ON tasks USING btree (id) WHERE (status = 'waiting'::text);

CREATE TRIGGER tasks_changed_late AFTER UPDATE OF finished_at, error, agent_id, team_id, simulated, created_at, scheduled_for, steps, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_microusd ON tasks FOR EACH ROW WHEN ((((new.finished_at)::numeric < ((EXTRACT(epoch FROM clock_timestamp()) * (1000)::numeric) - (120000)::numeric)) OR ((old.finished_at)::numeric < ((EXTRACT(epoch FROM clock_timestamp()) * (1000)::numeric) - (120000)::numeric)))) EXECUTE FUNCTION notice_stale_hour();

CREATE TRIGGER tasks_removed AFTER DELETE ON tasks FOR EACH ROW WHEN ((old.finished_at IS NOT NULL)) EXECUTE FUNCTION notice_stale_hour();

CREATE TRIGGER tasks_simulated_late AFTER UPDATE OF simulated, agent_id ON tasks FOR EACH ROW WHEN ((((new.simulated <> old.simulated) OR (COALESCE(new.agent_id, ''::text) <> COALESCE(old.agent_id, ''::text))) AND ((new.started_at)::numeric < ((EXTRACT(epoch FROM clock_timestamp()) * (1000)::numeric) - (120000)::numeric)))) EXECUTE FUNCTION notice_stale_hours_of_tools();

CREATE POLICY tenant_rows ON tasks USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE team_members (
  team_id text NOT NULL,
  agent_id text NOT NULL,
  tenant_id text NOT NULL
);

ALTER TABLE team_members ADD CONSTRAINT team_members_pkey PRIMARY KEY (team_id, agent_id);

CREATE INDEX team_members_by_agent ON team_members USING btree (agent_id, team_id);

CREATE POLICY tenant_rows ON team_members USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE team_versions (
  team_id text NOT NULL,
  version bigint NOT NULL,
  tenant_id text NOT NULL,
  config text NOT NULL,
  created_at bigint NOT NULL
);

ALTER TABLE team_versions ADD CONSTRAINT team_versions_pkey PRIMARY KEY (team_id, version);

CREATE POLICY tenant_rows ON team_versions USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE teams (
  id text NOT NULL,
  tenant_id text NOT NULL,
  version bigint NOT NULL,
  in_service bigint NOT NULL,
  config text NOT NULL,
  search_text text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  deleted_at bigint
);

ALTER TABLE teams ADD CONSTRAINT teams_pkey PRIMARY KEY (id);

CREATE INDEX teams_by_tenant ON teams USING btree (tenant_id, id);

CREATE POLICY tenant_rows ON teams USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE tenants (
  id text NOT NULL,
  name text NOT NULL,
  status text NOT NULL,
  plan text NOT NULL,
  settings text NOT NULL,
  limits text NOT NULL,
  signing_secret text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  most_running bigint,
  held bigint NOT NULL DEFAULT 0,
  spend_limit_microusd bigint,
  on_spend_limit text NOT NULL DEFAULT 'notify'::text
);

ALTER TABLE tenants ADD CONSTRAINT tenants_pkey PRIMARY KEY (id);

CREATE POLICY tenant_rows ON tenants USING (id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE threshold_alerts (
  tenant_id text NOT NULL,
  resource text NOT NULL,
  period_start bigint NOT NULL,
  threshold bigint NOT NULL,
  channel text NOT NULL,
  created_at bigint NOT NULL
);

ALTER TABLE threshold_alerts ADD CONSTRAINT threshold_alerts_pkey PRIMARY KEY (tenant_id, resource, period_start, threshold, channel);

CREATE POLICY tenant_rows ON threshold_alerts USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE tool_hours (
  tenant_id text NOT NULL,
  agent_id text NOT NULL,
  hour bigint NOT NULL,
  name text NOT NULL,
  simulated bigint NOT NULL,
  calls bigint NOT NULL,
  errors bigint NOT NULL,
  durations text NOT NULL
);

ALTER TABLE tool_hours ADD CONSTRAINT tool_hours_pkey PRIMARY KEY (tenant_id, agent_id, hour, name, simulated);

CREATE INDEX tool_hours_by_hour ON tool_hours USING btree (tenant_id, hour);

CREATE POLICY tenant_rows ON tool_hours USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE tree_calls (
  task_id text NOT NULL,
  tenant_id text NOT NULL,
  root_task_id text NOT NULL,
  epoch bigint NOT NULL
);

ALTER TABLE tree_calls ADD CONSTRAINT tree_calls_pkey PRIMARY KEY (task_id);

CREATE INDEX tree_calls_by_root ON tree_calls USING btree (root_task_id);

CREATE POLICY tenant_rows ON tree_calls USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE usage_folds (
  tenant_id text NOT NULL,
  folded_until bigint NOT NULL
);

ALTER TABLE usage_folds ADD CONSTRAINT usage_folds_pkey PRIMARY KEY (tenant_id);

CREATE POLICY tenant_rows ON usage_folds USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE usage_hours (
  tenant_id text NOT NULL,
  hour bigint NOT NULL,
  agent_id text NOT NULL,
  model_provider text NOT NULL,
  model text NOT NULL,
  input_tokens bigint NOT NULL,
  cache_read_tokens bigint NOT NULL,
  cache_write_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  reasoning_tokens bigint NOT NULL,
  cost_microusd bigint NOT NULL,
  unpriced_tokens bigint NOT NULL
);

ALTER TABLE usage_hours ADD CONSTRAINT usage_hours_pkey PRIMARY KEY (tenant_id, hour, agent_id, model_provider, model);

CREATE POLICY tenant_rows ON usage_hours USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE webhooks (
  id text NOT NULL,
  tenant_id text NOT NULL,
  purpose text NOT NULL,
  url text NOT NULL,
  events text NOT NULL,
  enabled bigint NOT NULL,
  secret text NOT NULL,
  previous_secret text,
  previous_secret_until bigint,
  failures bigint NOT NULL,
  rests_until bigint NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL
);

ALTER TABLE webhooks ADD CONSTRAINT webhooks_pkey PRIMARY KEY (id);

CREATE INDEX webhooks_by_tenant ON webhooks USING btree (tenant_id, id);

CREATE POLICY tenant_rows ON webhooks USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE workers (
  id text NOT NULL,
  host text NOT NULL,
  pid bigint NOT NULL,
  lock_key bigint NOT NULL,
  started_at bigint NOT NULL,
  heartbeat_at bigint NOT NULL,
  event_loop_lag_ms bigint,
  slots bigint
);

ALTER TABLE workers ADD CONSTRAINT workers_pkey PRIMARY KEY (id);

CREATE TABLE workflow_definition_versions (
  definition_id text NOT NULL,
  version bigint NOT NULL,
  tenant_id text NOT NULL,
  config text NOT NULL,
  created_at bigint NOT NULL
);

ALTER TABLE workflow_definition_versions ADD CONSTRAINT workflow_definition_versions_pkey PRIMARY KEY (definition_id, version);

CREATE POLICY tenant_rows ON workflow_definition_versions USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE workflow_definitions (
  id text NOT NULL,
  tenant_id text NOT NULL,
  version bigint NOT NULL,
  config text NOT NULL,
  search_text text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  deleted_at bigint
);

ALTER TABLE workflow_definitions ADD CONSTRAINT workflow_definitions_pkey PRIMARY KEY (id);

CREATE INDEX workflow_definitions_by_tenant ON workflow_definitions USING btree (tenant_id, id);

CREATE POLICY tenant_rows ON workflow_definitions USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE workflow_signals (
  workflow_id text NOT NULL,
  signal text NOT NULL,
  tenant_id text NOT NULL
);

ALTER TABLE workflow_signals ADD CONSTRAINT workflow_signals_pkey PRIMARY KEY (workflow_id, signal);

CREATE POLICY tenant_rows ON workflow_signals USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE workflow_steps (
  workflow_id text NOT NULL,
  step_key text NOT NULL,
  tenant_id text NOT NULL,
  step_id text NOT NULL,
  status text NOT NULL,
  attempt bigint NOT NULL,
  task_id text,
  child_workflow_id text,
  input text NOT NULL,
  output text NOT NULL,
  error text,
  due_at bigint,
  started_at bigint,
  finished_at bigint
);

ALTER TABLE workflow_steps ADD CONSTRAINT workflow_steps_pkey PRIMARY KEY (workflow_id, step_key);

CREATE INDEX workflow_steps_at_work ON workflow_steps USING btree (task_id) WHERE ((status = 'running'::text) AND (task_id IS NOT NULL));

CREATE INDEX workflow_steps_decided ON workflow_steps USING btree (tenant_id, finished_at, workflow_id, step_key) WHERE ((task_id IS NULL) AND (child_workflow_id IS NULL) AND (finished_at IS NOT NULL));

CREATE POLICY tenant_rows ON workflow_steps USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

CREATE TABLE workflows (
  id text NOT NULL,
  tenant_id text NOT NULL,
  definition_id text NOT NULL,
  definition_version bigint NOT NULL,
  parent_workflow_id text,
  depth bigint NOT NULL,
  retry_of text,
  status text NOT NULL,
  input text NOT NULL,
  output text,
  error text,
  current_step_ids text NOT NULL,
  metadata text NOT NULL,
  labels text NOT NULL,
  version bigint NOT NULL,
  due_at bigint,
  created_at bigint NOT NULL,
  started_at bigint,
  finished_at bigint,
  updated_at bigint NOT NULL
);

ALTER TABLE workflows ADD CONSTRAINT workflows_pkey PRIMARY KEY (id);

CREATE INDEX workflows_by_definition ON workflows USING btree (definition_id, id);

CREATE INDEX workflows_by_tenant ON workflows USING btree (tenant_id, id);

CREATE INDEX workflows_due ON workflows USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE POLICY tenant_rows ON workflows USING (tenant_id = NULLIF(current_setting('runctl.tenant_id'::text, true), ''::text));

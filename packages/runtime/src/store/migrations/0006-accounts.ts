/**
 * Accounts: people, invites, who changed what, what is used and what may be. The ledger is `steps`; `usage_hours` holds
 * sums of its closed hours, which stay when old traces are removed. The audit log refuses every change in the database
 * itself.
 */
export const accounts = {
  name: '0006-accounts',
  sql: `
ALTER TABLE tenants ADD COLUMN most_running BIGINT;
ALTER TABLE tenants ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN spend_limit_microusd BIGINT;
ALTER TABLE tenants ADD COLUMN on_spend_limit TEXT NOT NULL DEFAULT 'notify';
ALTER TABLE api_keys ADD COLUMN user_id TEXT;

CREATE TABLE members (
  tenant_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  email TEXT NOT NULL,
  name TEXT,
  role TEXT NOT NULL,
  joined_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
);

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

CREATE TABLE audit_log (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id)
);

CREATE INDEX steps_ledger ON steps (tenant_id, finished_at) WHERE input_tokens IS NOT NULL;

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

CREATE TABLE usage_folds (
  tenant_id TEXT PRIMARY KEY,
  folded_until BIGINT NOT NULL
);

CREATE TABLE removed_traces (
  task_id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  removed_at BIGINT NOT NULL
);

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
`,
  sqlite: `
CREATE TRIGGER audit_log_keeps BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log only grows'); END;
CREATE TRIGGER audit_log_stays BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log only grows'); END;
`,
  postgres: `
CREATE FUNCTION audit_log_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'audit_log only grows'; END $$;
CREATE TRIGGER audit_log_keeps BEFORE UPDATE OR DELETE ON audit_log
FOR EACH ROW EXECUTE FUNCTION audit_log_only_grows();
CREATE TRIGGER audit_log_stays BEFORE TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION audit_log_only_grows();
`,
};

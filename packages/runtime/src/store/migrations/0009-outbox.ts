/** What a status of a task or a workflow is called outside; in SQL that both homes understand. */
const toldStatuses = `'task.completed', 'task.failed', 'task.cancelled', 'task.waiting',
    'workflow.completed', 'workflow.failed', 'agent.status'`;
/** The kinds of waiting that somebody outside can end. Of a tenant that is held, every task waits, for a budget. */
const waitsForPeople = `'approval', 'input'`;

/**
 * What the runtime tells the outside: webhooks, mail, and the outbox that both are sent from. The database itself copies
 * an event into the outbox, in the statement that writes it, so that no way to write one can forget to: one row for each
 * event that somebody listens for. Where a tenant has no webhook, that costs one look into an index. In the condition of
 * SQLite's trigger there is no IN, which would build a table for its list at each event.
 */
export const outbox = {
  name: '0009-outbox',
  sql: `
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

CREATE TABLE outbox (
  subject_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  tenant_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  body TEXT,
  PRIMARY KEY (subject_id, seq)
);
CREATE INDEX outbox_unsorted ON outbox (created_at, subject_id, seq) WHERE body IS NULL;
CREATE INDEX outbox_by_age ON outbox (created_at);

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
CREATE UNIQUE INDEX deliveries_once ON deliveries (subject_id, seq, endpoint_id, recipient);
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint_id, id);
CREATE INDEX deliveries_pending ON deliveries (endpoint_id, id) WHERE status = 'pending';
CREATE INDEX deliveries_finished ON deliveries (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE notification_preferences (
  tenant_id TEXT PRIMARY KEY,
  email_enabled BIGINT NOT NULL,
  email_recipients TEXT NOT NULL,
  thresholds TEXT NOT NULL
);

CREATE TABLE threshold_alerts (
  tenant_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  period_start BIGINT NOT NULL,
  threshold BIGINT NOT NULL,
  channel TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, resource, period_start, threshold, channel)
);
`,
  sqlite: `
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
    told.type IN (${toldStatuses})
    AND (
      told.type <> 'task.waiting'
      OR json_extract(json_extract(NEW.data, '$.waiting_for'), '$.kind') IN (${waitsForPeople})
    )
    AND EXISTS (
      SELECT 1 FROM webhooks
      WHERE tenant_id = NEW.tenant_id AND enabled = 1 AND instr(events, '"' || told.type || '"') > 0
    )
  );
END;
`,
  postgres: `
CREATE FUNCTION events_to_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
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
    told.type IN (${toldStatuses})
    AND (
      told.type <> 'task.waiting'
      OR ((told.data::json ->> 'waiting_for')::json ->> 'kind') IN (${waitsForPeople})
    )
    AND EXISTS (
      SELECT 1 FROM webhooks
      WHERE webhooks.tenant_id = told.tenant_id AND enabled = 1
        AND position('"' || told.type || '"' IN webhooks.events) > 0
    )
  );
  RETURN NULL;
END $$;
CREATE TRIGGER events_to_outbox AFTER INSERT ON events
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION events_to_outbox();
`,
};

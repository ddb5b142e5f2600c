// What the statistics read instead of the rows: sums of closed hours, made by the housekeeping and never by a task. A
// row that comes into an hour later than any commit takes, or that is changed or removed there, is noticed here, by
// triggers whose condition a task that ends just now does not meet: then the hour counts from the rows until it is summed
// up anew. An hour is summed up five minutes after its end at the earliest, by the clock of the database, and what
// is written within two minutes needs no notice; no transaction takes the time between.

const hourOf = (instant: string) => `${instant} / 3600000 * 3600000`;

/**
 * What a task's end writes, and what else the sums are made of, but for the columns that a claim writes: a task has been
 * claimed before it ends. A task is added long before it ends too, or ends as it is added, just now.
 */
const summedColumns = `
  finished_at, error, agent_id, team_id, simulated, created_at, scheduled_for, steps,
  input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_microusd`;

/** Whether the tools that it called count elsewhere now. */
const isMoved = `(NEW.simulated <> OLD.simulated OR coalesce(NEW.agent_id, '') <> coalesce(OLD.agent_id, ''))`;

const sqliteLate = (instant: string) =>
  `${instant} IS NOT NULL AND ${instant} < (julianday('now') - 2440587.5) * 86400000 - 120000`;
const sqliteNotice = (row: string) => `
  INSERT INTO stale_hours (tenant_id, hour) SELECT ${row}.tenant_id, ${hourOf(`${row}.finished_at`)}
  WHERE ${row}.finished_at IS NOT NULL ON CONFLICT DO NOTHING;`;

// Who takes an hour for stale that is so already locks its row: it is not summed up before that has been committed.
const postgresLate = (instant: string) => `${instant} < extract(epoch FROM clock_timestamp()) * 1000 - 120000`;
const postgresNotice = (row: string) => `
    INSERT INTO stale_hours (tenant_id, hour) SELECT ${row}.tenant_id, ${hourOf(`${row}.finished_at`)}
    WHERE ${row}.finished_at IS NOT NULL
    ON CONFLICT (tenant_id, hour) DO UPDATE SET hour = excluded.hour;`;

/** Sums of closed hours: of what ended in them, and of the tools that were called. */
export const finishedHours = {
  name: '0018-finished-hours',
  sql: `
CREATE TABLE statistics_folds (
  tenant_id TEXT PRIMARY KEY,
  folded_from BIGINT NOT NULL,
  folded_until BIGINT NOT NULL
);
CREATE TABLE stale_hours (
  tenant_id TEXT NOT NULL,
  hour BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, hour)
);
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
DROP INDEX tasks_open;
CREATE INDEX tasks_open ON tasks (tenant_id, id) WHERE finished_at IS NULL;
CREATE INDEX tasks_bad_ends ON tasks (tenant_id, id) WHERE status IN ('failed', 'cancelled');
CREATE INDEX tasks_finished_by_team ON tasks (team_id, tenant_id, finished_at)
WHERE team_id IS NOT NULL AND finished_at IS NOT NULL;
CREATE INDEX tasks_handed_out ON tasks (tenant_id, finished_at, root_task_id)
WHERE root_task_id IS NOT NULL AND finished_at IS NOT NULL;
`,
  sqlite: `
CREATE TRIGGER tasks_changed_late AFTER UPDATE OF ${summedColumns} ON tasks
WHEN ${sqliteLate('NEW.finished_at')} OR ${sqliteLate('OLD.finished_at')} OR (${isMoved} AND ${sqliteLate('NEW.started_at')})
BEGIN${sqliteNotice('OLD')}${sqliteNotice('NEW')}
  INSERT INTO stale_hours (tenant_id, hour) SELECT tenant_id, ${hourOf('finished_at')} FROM steps
  WHERE task_id = NEW.id AND kind = 'tool' AND finished_at IS NOT NULL AND ${isMoved} ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER tasks_removed AFTER DELETE ON tasks
WHEN OLD.finished_at IS NOT NULL
BEGIN${sqliteNotice('OLD')}
END;
CREATE TRIGGER steps_added_late AFTER INSERT ON steps
WHEN NEW.kind = 'tool' AND ${sqliteLate('NEW.finished_at')}
BEGIN${sqliteNotice('NEW')}
END;
CREATE TRIGGER steps_changed_late AFTER UPDATE OF name, status, started_at, finished_at ON steps
WHEN NEW.kind = 'tool' AND (${sqliteLate('NEW.finished_at')} OR ${sqliteLate('OLD.finished_at')})
BEGIN${sqliteNotice('OLD')}${sqliteNotice('NEW')}
END;
CREATE TRIGGER steps_removed AFTER DELETE ON steps
WHEN OLD.kind = 'tool' AND OLD.finished_at IS NOT NULL
BEGIN${sqliteNotice('OLD')}
END;
`,
  postgres: `
CREATE FUNCTION notice_stale_hour() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN${postgresNotice('OLD')}
  END IF;
  IF TG_OP <> 'DELETE' THEN${postgresNotice('NEW')}
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION notice_stale_hours_of_tools() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO stale_hours (tenant_id, hour) SELECT DISTINCT tenant_id, ${hourOf('finished_at')} FROM steps
  WHERE task_id = NEW.id AND kind = 'tool' AND finished_at IS NOT NULL
  ON CONFLICT (tenant_id, hour) DO UPDATE SET hour = excluded.hour;
  RETURN NULL;
END $$;
CREATE TRIGGER tasks_changed_late AFTER UPDATE OF ${summedColumns} ON tasks FOR EACH ROW
WHEN (${postgresLate('NEW.finished_at')} OR ${postgresLate('OLD.finished_at')}) EXECUTE FUNCTION notice_stale_hour();
CREATE TRIGGER tasks_removed AFTER DELETE ON tasks FOR EACH ROW
WHEN (OLD.finished_at IS NOT NULL) EXECUTE FUNCTION notice_stale_hour();
CREATE TRIGGER tasks_simulated_late AFTER UPDATE OF simulated, agent_id ON tasks FOR EACH ROW
WHEN (${isMoved} AND ${postgresLate('NEW.started_at')})
EXECUTE FUNCTION notice_stale_hours_of_tools();
CREATE TRIGGER steps_added_late AFTER INSERT ON steps FOR EACH ROW
WHEN (NEW.kind = 'tool' AND ${postgresLate('NEW.finished_at')}) EXECUTE FUNCTION notice_stale_hour();
CREATE TRIGGER steps_changed_late AFTER UPDATE OF name, status, started_at, finished_at ON steps FOR EACH ROW
WHEN (NEW.kind = 'tool' AND (${postgresLate('NEW.finished_at')} OR ${postgresLate('OLD.finished_at')}))
EXECUTE FUNCTION notice_stale_hour();
CREATE TRIGGER steps_removed AFTER DELETE ON steps FOR EACH ROW
WHEN (OLD.kind = 'tool' AND OLD.finished_at IS NOT NULL) EXECUTE FUNCTION notice_stale_hour();
`,
};

/**
 * Tasks that wait, and trees of tasks. A step that waits has not finished, so `finished_at` may be null: SQLite cannot
 * take NOT NULL back, so the table is made anew.
 */
export const waiting = {
  name: '0003-waiting',
  sql: `
ALTER TABLE tasks ADD COLUMN root_task_id TEXT;
ALTER TABLE tasks ADD COLUMN depth BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN paused_at BIGINT;
ALTER TABLE tasks ADD COLUMN paused_ms BIGINT NOT NULL DEFAULT 0;
CREATE INDEX tasks_by_root ON tasks (root_task_id, id) WHERE root_task_id IS NOT NULL;
CREATE INDEX tasks_waiting ON tasks (id) WHERE status = 'waiting';

ALTER TABLE steps RENAME TO steps_before;
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
INSERT INTO steps SELECT * FROM steps_before;
DROP TABLE steps_before;
`,
};

/** Who runs tasks: one row a process, alive while it beats. */
export const workers = {
  name: '0002-workers',
  sql: `
CREATE TABLE workers (
  id TEXT PRIMARY KEY,
  host TEXT NOT NULL,
  pid BIGINT NOT NULL,
  lock_key BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  heartbeat_at BIGINT NOT NULL
);
`,
};

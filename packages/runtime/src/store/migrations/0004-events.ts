/**
 * What happened, in order, for who reads along: small rows, since a step's event names the step and a status event
 * holds what changed. Whoever removes old ones leaves the newest of each subject, from which its sequence goes on.
 */
export const events = {
  name: '0004-events',
  sql: `
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

CREATE TABLE server_secrets (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
`,
};

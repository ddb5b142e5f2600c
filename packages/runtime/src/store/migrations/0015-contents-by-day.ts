/**
 * The pieces of snapshots are stored once a tenant and day: so a whole day of them can go when nothing of that day is
 * kept any more, and nobody has to count who refers to a piece. Those that are there belong to the day of this migration.
 */
export const contentsByDay = {
  name: '0015-contents-by-day',
  sql: '',
  sqlite: `
ALTER TABLE contents RENAME TO contents_before;
CREATE TABLE contents (
  tenant_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  day BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (tenant_id, hash, day)
);
INSERT INTO contents
SELECT tenant_id, hash, CAST(strftime('%s', 'now') AS INTEGER) / 86400, body FROM contents_before;
DROP TABLE contents_before;
`,
  postgres: `
ALTER TABLE contents ADD COLUMN day BIGINT;
UPDATE contents SET day = floor(extract(epoch FROM now()) / 86400);
ALTER TABLE contents ALTER COLUMN day SET NOT NULL;
ALTER TABLE contents DROP CONSTRAINT contents_pkey;
ALTER TABLE contents ADD PRIMARY KEY (tenant_id, hash, day);
`,
};

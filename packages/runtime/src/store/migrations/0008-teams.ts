/**
 * Teams and their immutable versions, of which a task keeps the one that it started with. A team's task of which no agent
 * is in charge is coordinated by the runtime itself: such tasks are claimed tenant by tenant, in an index of their own.
 */
export const teams = {
  name: '0008-teams',
  sql: `
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

CREATE TABLE team_versions (
  team_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  tenant_id TEXT NOT NULL,
  config TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (team_id, version)
);

CREATE TABLE team_members (
  team_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  PRIMARY KEY (team_id, agent_id)
);
CREATE INDEX team_members_by_agent ON team_members (agent_id, team_id);

ALTER TABLE tasks ADD COLUMN team_version BIGINT;
CREATE INDEX tasks_by_team ON tasks (team_id, id) WHERE team_id IS NOT NULL;
CREATE INDEX tasks_coordinated ON tasks (tenant_id, order_key, id) WHERE status = 'queued' AND agent_id IS NULL;
`,
};

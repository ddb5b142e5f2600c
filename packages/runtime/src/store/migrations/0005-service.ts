/**
 * Agents in service: the slots that they run in, operations that take their time, logs and judgements; and the index
 * that all statistics read, which holds what they need of a finished task, so that none of them opens a task's row.
 */
export const service = {
  name: '0005-service',
  sql: `
ALTER TABLE agents ADD COLUMN ready_replicas BIGINT NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN generation TEXT NOT NULL DEFAULT '';
UPDATE agents SET ready_replicas = desired_replicas WHERE status = 'running';

ALTER TABLE deployments ADD COLUMN generation TEXT NOT NULL DEFAULT '';
ALTER TABLE deployments ADD COLUMN previous_version BIGINT;
ALTER TABLE deployments ADD COLUMN previous_generation TEXT NOT NULL DEFAULT '';
ALTER TABLE deployments ADD COLUMN drain_until BIGINT;
CREATE UNIQUE INDEX deployments_in_progress ON deployments (agent_id) WHERE status = 'in_progress';

ALTER TABLE workers ADD COLUMN event_loop_lag_ms BIGINT;

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
CREATE INDEX instances_live ON instances (worker_id, agent_id) WHERE finished_at IS NULL;
CREATE INDEX instances_finished ON instances (finished_at) WHERE finished_at IS NOT NULL;

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
CREATE INDEX feedback_by_task ON feedback (task_id, id);
CREATE INDEX feedback_by_agent ON feedback (agent_id, created_at);

CREATE INDEX tasks_finished ON tasks (
  tenant_id, finished_at, status, agent_id, team_id, agent_version, simulated, created_at, scheduled_for, started_at, steps,
  input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_microusd
) WHERE finished_at IS NOT NULL;
CREATE INDEX tasks_open ON tasks (tenant_id, created_at) WHERE finished_at IS NULL;
CREATE INDEX steps_of_approvals ON steps (tenant_id, finished_at, task_id, name) WHERE kind = 'approval';
CREATE INDEX steps_of_tools ON steps (tenant_id, finished_at, task_id, name, status, started_at) WHERE kind = 'tool';
`,
};

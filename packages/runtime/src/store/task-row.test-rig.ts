import type { AgentRow, TaskRow } from './schema.ts';

/** No step, no cost. */
export const noUsage = {
  steps: 0,
  model_calls: 0,
  tool_calls: 0,
  input_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  output_tokens: 0,
  reasoning_tokens: 0,
  cost_microusd: 0,
};

/** A queued task of the agent `agt_1`. */
export function taskRow(id: string, change: Partial<TaskRow> = {}): TaskRow {
  return {
    ...noUsage,
    id,
    tenant_id: 'tnt_1',
    agent_id: 'agt_1',
    agent_version: null,
    team_id: null,
    team_version: null,
    workflow_id: null,
    batch_id: null,
    parent_task_id: null,
    root_task_id: null,
    depth: 0,
    retry_of: null,
    forked_from_task: null,
    forked_from_step: null,
    ancestry: null,
    start_state: null,
    side_effects: null,
    status: 'queued',
    priority: 'normal',
    order_key: 1,
    input: '{}',
    memory: null,
    output_schema: null,
    timeout_seconds: null,
    max_cost_microusd: null,
    scheduled_for: null,
    expires_at: null,
    owner: null,
    epoch: 0,
    attempt: 0,
    losses: 0,
    waiting_for: null,
    result: null,
    error: null,
    simulated: 0,
    metadata: '{}',
    labels: '{}',
    version: 1,
    created_at: 1,
    started_at: null,
    finished_at: null,
    updated_at: 1,
    paused_at: null,
    paused_ms: 0,
    ...change,
  };
}

/** A deployed agent, `agt_1` unless told otherwise. */
export function agentRow(change: Partial<AgentRow> = {}): AgentRow {
  return {
    id: 'agt_1',
    tenant_id: 'tnt_1',
    name: 'a',
    search_text: 'a',
    type: 'reactive',
    status: 'running',
    version: 1,
    deployed_version: 1,
    desired_replicas: 1,
    ready_replicas: 1,
    generation: '',
    config: '{}',
    created_at: 1,
    updated_at: 1,
    deleted_at: null,
    ...change,
  };
}

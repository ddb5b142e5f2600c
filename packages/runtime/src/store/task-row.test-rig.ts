import { blankTask } from '../new-task/blank-task.ts';
import type { AgentRow, TaskRow } from './schema.ts';

/** A queued task of the agent `agt_1`. */
export function taskRow(id: string, change: Partial<TaskRow> = {}): TaskRow {
  return {
    ...blankTask,
    id,
    tenant_id: 'tnt_1',
    agent_id: 'agt_1',
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
    metadata: '{}',
    labels: '{}',
    created_at: 1,
    updated_at: 1,
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

// Sums of closed hours; see migration 0018 for when they hold. Every hour is named by its first instant.

/** Up to where a tenant's hours are summed up. */
export interface StatisticsFoldRow {
  tenant_id: string;
  folded_from: number;
  /** Exclusive. */
  folded_until: number;
}

/** An hour that counts from the rows until it is summed up anew. */
export interface StaleHourRow {
  tenant_id: string;
  hour: number;
}

/** What ended in an hour: all of a tenant's, a team's, or a version of an agent's. */
export interface FinishedHourRow {
  tenant_id: string;
  /** The agent or the team; empty: the tenant. */
  owner: string;
  kind: 'tenant' | 'team' | 'agent';
  hour: number;
  /** 0: all of a tenant or a team, or tasks of an agent that never started. */
  agent_version: number;
  simulated: number;
  total: number;
  completed: number;
  failed: number;
  steps: number;
  input_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  /** Of those whose cost is known. */
  cost_microusd: number | null;
  /** Tasks whose cost is known. */
  priced: number;
  /** From start to end, all together. */
  busy_ms: number;
  /** When the first and the last of them was created. */
  oldest: number;
  newest: number;
  /** Milliseconds from start to end of each that started, with commas between them. */
  durations: string | null;
  /** The same from ready to started. */
  waits: string | null;
}

/** Tasks of an agent that came to nothing in an hour, by why; simulated ones left out. */
export interface BadEndHourRow {
  tenant_id: string;
  agent_id: string;
  hour: number;
  status: string;
  /** Of the error; empty where there is none. */
  code: string;
  total: number;
  cost_microusd: number;
  priced: number;
}

/** Calls of a tool by an agent that ended in an hour. */
export interface ToolHourRow {
  tenant_id: string;
  agent_id: string;
  hour: number;
  name: string;
  simulated: number;
  calls: number;
  errors: number;
  /** Milliseconds of each, with commas between them. */
  durations: string;
}

/** These tables, by name. */
export interface StatisticsTables {
  statistics_folds: StatisticsFoldRow;
  stale_hours: StaleHourRow;
  finished_hours: FinishedHourRow;
  bad_end_hours: BadEndHourRow;
  tool_hours: ToolHourRow;
}

type Json = string;

/** A slot of a worker in which an agent works, one task at a time. */
export interface InstanceRow {
  id: string;
  tenant_id: string;
  agent_id: string;
  agent_version: number;
  /** The operation that wanted it. */
  generation: string;
  /** Never `busy`: a slot that is ready is busy while it has a task. */
  status: string;
  worker_id: string;
  host: string;
  /** As of the last second; tasks say for themselves who holds them. */
  current_task_id: string | null;
  completed_tasks: number;
  failed_tasks: number;
  /** Tasks that failed in a row because of the model's provider. */
  provider_errors: number;
  restarts: number;
  started_at: number;
  heartbeat_at: number;
  /** Since when it is stopped or lost. */
  finished_at: number | null;
}

/** One line of an agent's log. */
export interface AgentLogRow {
  id: string;
  tenant_id: string;
  agent_id: string;
  /** From 0: debug, info, warn, error. */
  level: number;
  source: string;
  message: string;
  task_id: string | null;
  step: number | null;
  instance_id: string | null;
  created_at: number;
}

/** A person's judgement of a task's result, with what statistics need of the task. */
export interface FeedbackRow {
  id: string;
  tenant_id: string;
  task_id: string;
  agent_id: string | null;
  agent_version: number | null;
  simulated: number;
  verdict: string;
  comment: string | null;
  corrected_result: Json;
  created_at: number;
}

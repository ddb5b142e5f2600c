import { noUsage } from './no-usage.ts';
import type { TaskRow } from './store/schema.ts';

/** What every new task starts with, whoever makes it. */
export const blankTask = {
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
  owner: null,
  epoch: 0,
  attempt: 0,
  losses: 0,
  waiting_for: null,
  result: null,
  error: null,
  ...noUsage,
  simulated: 0,
  version: 1,
  started_at: null,
  finished_at: null,
  paused_at: null,
  paused_ms: 0,
} as const satisfies Partial<TaskRow>;

import { ancestryOfFork } from '../../engine/ancestry.ts';
import type { EncodedState } from '../../engine/snapshots.ts';
import { blankTask } from '../../new-task/blank-task.ts';
import type { TaskRow } from '../../store/schema.ts';
import { newId } from '../ids.ts';

/** A new task's row, before it has its tenant. */
export type NewTaskRow = Omit<TaskRow, 'tenant_id'>;

/** What makes a fork another task than its source. */
export interface ForkDetails {
  /** The first step that the fork executes. */
  step: number;
  agentVersion: number | null;
  startState: EncodedState;
  sideEffects: 'reuse' | 'execute' | 'block';
  retryOf: string | null;
  isSimulated: boolean;
  /** Milliseconds since the epoch. */
  now: number;
}

/** The row of a fork: the source's assignment and limits, the recorded state, nothing of the source's run. */
export function forkRow(source: TaskRow, fork: ForkDetails): NewTaskRow {
  const ancestry = ancestryOfFork(source, fork.step);
  return {
    ...sameAssignment(source, fork.now),
    agent_version: fork.agentVersion,
    retry_of: fork.retryOf,
    forked_from_task: source.id,
    forked_from_step: fork.step,
    ancestry: ancestry.length === 0 ? null : JSON.stringify(ancestry),
    start_state: JSON.stringify(fork.startState),
    side_effects: fork.sideEffects,
    simulated: fork.isSimulated ? 1 : 0,
  };
}

/** The row of a second try from the very start, on the version of the agent that is deployed when it begins. */
export function rerunRow(source: TaskRow, now: number): NewTaskRow {
  return { ...sameAssignment(source, now), retry_of: source.id };
}

function sameAssignment(source: TaskRow, now: number): NewTaskRow {
  return {
    ...blankTask,
    id: newId('tsk', now),
    agent_id: source.agent_id,
    team_id: source.team_id,
    team_version: source.team_version,
    status: 'queued',
    priority: source.priority,
    // The source's head start over its own creation.
    order_key: now + source.order_key - source.created_at,
    input: source.input,
    memory: source.memory,
    output_schema: source.output_schema,
    timeout_seconds: source.timeout_seconds,
    max_cost_microusd: source.max_cost_microusd,
    scheduled_for: null,
    expires_at: null,
    metadata: source.metadata,
    labels: source.labels,
    created_at: now,
    updated_at: now,
  };
}

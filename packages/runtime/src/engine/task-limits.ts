import type { Budget } from '../loops/limits.ts';
import type { LoopType, RunConfig } from '../loops/loop.ts';
import type { TaskRow } from '../store/schema.ts';

/** What bounds one task, whether it starts, goes on or was forked. */
export interface TaskLimits {
  /** The highest number of a step. */
  maxSteps: number;
  /** Milliseconds that it may run, pauses left out. */
  timeoutMs: number;
  /** Milliseconds that people have to decide or to answer; null: no end. */
  actionTimeoutMs: number | null;
  /** Of the task alone, millionths of a dollar; null: none. */
  ownMicroUsd: number | null;
  /** Of the whole tree that it stands in, millionths of a dollar; null: none. */
  treeMicroUsd: number | null;
}

/** Where an agent sets none. */
const defaults = { maxSteps: 20, taskTimeoutSeconds: 600, maxCostUsdPerTask: null, actionTimeoutSeconds: null };
/** Loops that hand work on, so that their tasks are roots of trees. */
const delegating: ReadonlySet<LoopType> = new Set(['supervisor', 'router', 'sequential', 'parallel']);

/** The one place where limits come from: those of the task go before those of its agent's version. */
export function limitsOf(task: TaskRow, config: Pick<RunConfig, 'type' | 'limits'>): TaskLimits {
  const { maxSteps, taskTimeoutSeconds, maxCostUsdPerTask, actionTimeoutSeconds } = { ...defaults, ...config.limits };
  const agentMicroUsd = maxCostUsdPerTask === null ? null : Math.round(maxCostUsdPerTask * 1e6);
  const bounds = {
    maxSteps,
    timeoutMs: (task.timeout_seconds ?? taskTimeoutSeconds) * 1_000,
    actionTimeoutMs: actionTimeoutSeconds === null ? null : Math.round(actionTimeoutSeconds * 1_000),
  };
  // A child's own limit is its agent's; what its row says is the limit of the tree.
  if (task.root_task_id !== null) {
    return { ...bounds, ownMicroUsd: agentMicroUsd, treeMicroUsd: task.max_cost_microusd };
  }
  const limit = task.max_cost_microusd ?? agentMicroUsd;
  return delegating.has(config.type)
    ? { ...bounds, ownMicroUsd: null, treeMicroUsd: limit }
    : { ...bounds, ownMicroUsd: limit, treeMicroUsd: null };
}

/** Milliseconds that a task may still run. What it waited, and was paused between two workers, does not count. */
export function timeLeftMs(task: TaskRow, { timeoutMs }: TaskLimits, now: number): number {
  const ranMs = now - (task.started_at ?? now) - task.paused_ms;
  return Math.min(Math.max(timeoutMs - ranMs, 0), 2 ** 31 - 1);
}

/** The budgets that a model call has to fit in; `treeUsd` is asked for only where the tree has a limit. */
export async function budgetsOf(
  task: TaskRow,
  { ownMicroUsd, treeMicroUsd }: TaskLimits,
  treeUsd: () => Promise<number | null>,
): Promise<Budget[]> {
  const spentUsd = task.cost_microusd === null ? null : task.cost_microusd / 1e6;
  return [
    ...(ownMicroUsd === null ? [] : [{ of: 'task' as const, limitUsd: ownMicroUsd / 1e6, spentUsd }]),
    ...(treeMicroUsd === null
      ? []
      : [{ of: 'tree' as const, limitUsd: treeMicroUsd / 1e6, spentUsd: await treeUsd() }]),
  ];
}

import type { TaskSnapshot, TaskTrace, TraceStep } from '@runctl/tasks';
import { stateAtEntry } from '../engine/state-at.ts';
import type { LoopRegistry } from '../loops/loop.ts';
import { notFound } from './failure.ts';
import { findTask } from './tasks.ts';
import type { TenantScope } from './tenant-scope.ts';
import { checkStateKept, readTaskConfig } from './traces/task-config.ts';
import { lastStepOf, readTrace } from './traces/trace-rows.ts';
import { toTask, toTaskUsage } from './wire/task.ts';

/** Traces: what a task did, step by step, and the state before each step. */
export class TraceService {
  readonly #loops: LoopRegistry;

  constructor(context: { loops: LoopRegistry }) {
    this.#loops = context.loops;
  }

  /** The committed steps; one in flight comes when it is committed. @throws {Failure} `task.not_found` */
  async getTrace(scope: TenantScope, taskId: string): Promise<TaskTrace> {
    const row = await findTask(scope, taskId);
    const { id, status, forkedFrom } = toTask(row);
    const steps = (await readTrace(scope, row)).map(({ step }) => step);
    return { taskId: id, status, steps, totals: { ...toTaskUsage(row), durationMs: ownDurationMs(steps) }, forkedFrom };
  }

  /** @throws {Failure} `task.not_found`; `step.not_found` - not committed, or beyond the end */
  async getStep(scope: TenantScope, taskId: string, step: number): Promise<TraceStep> {
    const [found] = await readTrace(scope, await findTask(scope, taskId), { from: step, to: step });
    if (found === undefined) throw notFound('step', `${taskId}/${step}`);
    return found.step;
  }

  /**
   * The state at entry of a step; of last + 1, the state that the last step left.
   *
   * @throws {Failure} `task.not_found`; `step.not_found` - below 1 or beyond last + 1; `task.trace_removed`
   */
  async getSnapshot(scope: TenantScope, taskId: string, step: number): Promise<TaskSnapshot> {
    const task = await findTask(scope, taskId);
    if (step < 1 || step > (await lastStepOf(scope, task)) + 1) throw notFound('step', `${taskId}/${step}`);
    checkStateKept(task, step);
    const { config } = await readTaskConfig(scope, task);
    const state = await stateAtEntry(scope.forEngine(), this.#loops, task, config, step);
    const { prompt, systemPrompt, messages, memory, modelProvider, model } = state;
    return { taskId: toTask(task).id, step, prompt, systemPrompt, messages, memory, modelProvider, model };
  }
}

function ownDurationMs(steps: readonly TraceStep[]): number {
  return steps.reduce((sum, { inherited, durationMs }) => sum + (inherited ? 0 : (durationMs ?? 0)), 0);
}

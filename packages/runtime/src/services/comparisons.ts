import type { TaskComparison } from '@runctl/tasks';
import { stateAtEntry } from '../engine/state-at.ts';
import type { LoopRegistry, LoopState } from '../loops/loop.ts';
import type { TaskRow } from '../store/schema.ts';
import { compareTraces, countShared } from './comparisons/compare-traces.ts';
import { findTask } from './tasks.ts';
import type { TenantScope } from './tenant-scope.ts';
import { readTaskConfig } from './traces/task-config.ts';
import { readTrace } from './traces/trace-rows.ts';
import { recordedUsage } from './traces/trace-step.ts';
import { toTask } from './wire/task.ts';

/** Comparisons of two tasks: where they part, and what that came to. */
export class ComparisonService {
  readonly #loops: LoopRegistry;

  constructor(context: { loops: LoopRegistry }) {
    this.#loops = context.loops;
  }

  /** Of what is committed; tasks that still run are compared as far as they are. @throws {Failure} `task.not_found` */
  async compare(scope: TenantScope, baseTaskId: string, otherTaskId: string): Promise<TaskComparison> {
    const base = await findTask(scope, baseTaskId);
    const other = await findTask(scope, otherTaskId);
    const [steps, otherSteps] = [await readRecorded(scope, base), await readRecorded(scope, other)];
    const parting = countShared(steps, otherSteps) + 1;
    return compareTraces(
      { task: toTask(base), steps, state: await this.#stateAt(scope, base, parting) },
      { task: toTask(other), steps: otherSteps, state: await this.#stateAt(scope, other, parting) },
    );
  }

  async #stateAt(scope: TenantScope, task: TaskRow, step: number): Promise<LoopState> {
    const { config } = await readTaskConfig(scope, task);
    return stateAtEntry(scope.forEngine(), this.#loops, task, config, step);
  }
}

/** A task's steps with the usage of their execution, which a trace shows as 0 where a step is inherited. */
async function readRecorded(scope: TenantScope, task: TaskRow) {
  const trace = await readTrace(scope, task);
  return trace.map(({ row, step }) => ({ ...step, usage: recordedUsage(row) }));
}

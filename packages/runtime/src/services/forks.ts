import type { ListQuery, PaginatedResponse } from '@runctl/core';
import type { ForkTaskBody, SnapshotOverrides, Task, TaskError } from '@runctl/tasks';
import { SnapshotEncoder } from '../engine/snapshots.ts';
import { stateAtEntry } from '../engine/state-at.ts';
import type { LoopRegistry } from '../loops/loop.ts';
import { applyOverrides } from '../loops/overrides.ts';
import type { TaskRow } from '../store/schema.ts';
import { findAgent } from './agents.ts';
import { Failure, invalid } from './failure.ts';
import { forkRow, type NewTaskRow, rerunRow } from './forks/fork-row.ts';
import { checkOverrides } from './forks/overrides-check.ts';
import type { ServiceContext } from './service-context.ts';
import { listTasks } from './task-list.ts';
import { isTerminal } from './task-status.ts';
import { findTask } from './tasks.ts';
import type { TenantScope, TenantWriteScope } from './tenant-scope.ts';
import { checkStateKept, readTaskConfig } from './traces/task-config.ts';
import { lastStepOf } from './traces/trace-rows.ts';
import { parseStoredOrNull } from './wire/stored-json.ts';
import { toTask } from './wire/task.ts';

/** What forks need besides a tenant's tables. */
export interface ForkContext extends Pick<ServiceContext, 'now' | 'gateway' | 'quotas'> {
  loops: LoopRegistry;
}

/** Where a new task leaves its source, and with what. */
interface Cut {
  step: number;
  overrides: SnapshotOverrides;
  sideEffects: 'reuse' | 'execute' | 'block';
  retryOf: string | null;
}

/** New tasks from the recorded states of others. The source is read and never written. */
export class ForkService {
  readonly #context: ForkContext;

  constructor(context: ForkContext) {
    this.#context = context;
  }

  /**
   * Queues a task that keeps the steps before `body.step` and executes on from there, on the source's version of its
   * agent. Only committed steps can be forked at, and last + 1 once the source has ended. Cost, time and attempts
   * begin anew.
   *
   * @throws {Failure} `task.not_found`; `task.fork_step_invalid` - no such step, or not committed; `agent.not_found` -
   * deleted meanwhile; `request.invalid`; `provider_not_configured`, `provider_unsupported` - of the new provider
   */
  async fork(scope: TenantWriteScope, taskId: string, body: ForkTaskBody): Promise<Task> {
    const source = await findTask(scope, taskId);
    await checkForkStep(scope, source, body.step);
    const overrides = body.snapshot ?? {};
    checkOverrides(overrides);
    const cut = { step: body.step, overrides, sideEffects: body.sideEffects ?? 'reuse', retryOf: null };
    return this.#queue(scope, source, await this.#rowOf(scope, source, cut));
  }

  /**
   * Queues a task that forks a failed one at the step that failed. Every tool call from there on really runs. A task
   * that failed before its first step starts anew, on the version of its agent that is deployed.
   *
   * @throws {Failure} `task.not_found`; `task.trace_removed`; `task.not_failed` - it has not ended, or ended otherwise; `agent.not_found`
   */
  async retry(scope: TenantWriteScope, taskId: string): Promise<Task> {
    const source = await findTask(scope, taskId);
    const last = await lastStepOf(scope, source);
    if (source.status !== 'failed') throw notFailed(source, last);
    if (last === 0 && source.start_state === null) {
      return this.#queue(scope, source, rerunRow(source, this.#context.now()));
    }
    const failedStep = parseStoredOrNull<TaskError>(source.error)?.step ?? last + 1;
    const step = Math.min(failedStep, last + 1);
    const cut: Cut = { step, overrides: {}, sideEffects: 'execute', retryOf: taskId };
    return this.#queue(scope, source, await this.#rowOf(scope, source, cut));
  }

  /** The tasks that were forked from this one, newest first; forks of these are not among them. @throws {Failure} `task.not_found` */
  async list(scope: TenantScope, taskId: string, query: ListQuery): Promise<PaginatedResponse<Task>> {
    await findTask(scope, taskId);
    return listTasks(scope, { ...query, forkedFrom: taskId });
  }

  /** Writes the contents that the start state names, and answers with the row that names them. */
  async #rowOf(scope: TenantWriteScope, source: TaskRow, cut: Cut): Promise<NewTaskRow> {
    checkStateKept(source, cut.step);
    const { version, config } = await readTaskConfig(scope, source);
    const recorded = await stateAtEntry(scope.forEngine(), this.#context.loops, source, config, cut.step);
    const state = applyOverrides(recorded, cut.overrides);
    const { prompt, systemPrompt, modelProvider, model } = state;
    const base = { prompt, systemPrompt, modelProvider, model };
    if (cut.overrides.modelProvider !== undefined) this.#checkProvider(base.modelProvider, config.modelConfig ?? {});
    const { entry, contents } = new SnapshotEncoder(scope.tenantId, this.#context.now).encode(state);
    await scope.insertContents(contents);
    return forkRow(source, {
      ...cut,
      agentVersion: version,
      startState: { ...entry, base },
      isSimulated: base.modelProvider === 'simulated',
      now: this.#context.now(),
    });
  }

  async #queue(scope: TenantWriteScope, source: TaskRow, unowned: NewTaskRow): Promise<Task> {
    if (source.agent_id !== null) await findAgent(scope, source.agent_id);
    await this.#context.quotas.takeTasks(scope, 1);
    const [row] = await scope.insertTasks([unowned]);
    if (row === undefined) throw new TypeError('A task that was inserted has a row.');
    const task = toTask(row);
    await scope.insertLabels(row.id, task.labels);
    scope.changed({ taskId: row.id, version: row.version, status: row.status });
    scope.wake();
    return task;
  }

  #checkProvider(provider: string, settings: Parameters<ForkContext['gateway']['checkProvider']>[1]): void {
    const problem = this.#context.gateway.checkProvider(provider, settings);
    if (problem !== null) throw new Failure(problem.code, problem.message, { hint: problem.hint });
  }
}

/** @throws {Failure} `task.fork_step_invalid`, naming the steps that can be forked at */
async function checkForkStep(scope: TenantScope, source: TaskRow, step: number): Promise<void> {
  const last = await lastStepOf(scope, source);
  const highest = isTerminal(source.status) ? last + 1 : last;
  if (Number.isSafeInteger(step) && step >= 1 && step <= highest) return;
  throw invalid(
    [{ path: '/step', code: 'range', message: stepsToForkAt(source, last, step) }],
    'task.fork_step_invalid',
  );
}

function stepsToForkAt({ id, status }: TaskRow, last: number, step: number): string {
  if (isTerminal(status)) {
    return `Expected a step from 1 to ${last + 1} of task ${id} (${last + 1} goes on after its end), got ${step}.`;
  }
  if (last === 0) return `Task ${id} is ${status} and has no committed step yet, so it cannot be forked at ${step}.`;
  return `Expected a committed step of task ${id}, which is ${status}: from 1 to ${last}, got ${step}.`;
}

function notFailed({ id, status }: TaskRow, last: number): Failure {
  return new Failure('task.not_failed', `Task ${id} is ${status}; only a failed task has a step to try again.`, {
    resource: 'task',
    resourceId: id,
    hint: isTerminal(status)
      ? `To go on after its last step, fork the task at step ${last + 1}.`
      : 'Wait until the task has ended.',
  });
}

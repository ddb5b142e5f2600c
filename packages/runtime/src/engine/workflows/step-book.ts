import type { JsonObject, JsonValue } from '@runctl/core';
import type { WorkflowError } from '@runctl/workflows';
import type { Plan, PlanStep } from './plan.ts';
import { isEnded, pendingStep, type StepState } from './step-state.ts';

const longestBackoffMs = 86_400_000;

/** A task to be made. */
export interface TaskOrder {
  taskId: string;
  key: string;
  assignee: { agentId: string } | { teamId: string };
  payload: JsonObject;
  timeoutSeconds: number | null;
}

/** A nested workflow to be made. */
export interface WorkflowOrder {
  workflowId: string;
  key: string;
  workflowDefinitionId: string;
  input: JsonObject;
}

/** The steps of one workflow while it is moved on, and what that changes. */
export class StepBook {
  readonly tasks: TaskOrder[] = [];
  readonly workflows: WorkflowOrder[] = [];
  readonly cancelledTasks: string[] = [];
  readonly cancelledWorkflows: string[] = [];
  readonly #plan: Plan;
  readonly #now: number;
  readonly #steps: Map<string, StepState>;
  readonly #changed = new Map<string, StepState>();
  readonly #removed = new Set<string>();
  /** Ids of what has ended by itself, so that it need not be cancelled. */
  readonly #ended: ReadonlySet<string>;

  constructor(plan: Plan, steps: readonly StepState[], ended: ReadonlySet<string>, now: number) {
    this.#plan = plan;
    this.#now = now;
    this.#ended = ended;
    this.#steps = new Map(steps.map((step) => [step.key, step]));
  }

  /** Steps. */
  get size(): number {
    return this.#steps.size;
  }

  /** Steps that are new or otherwise than before. */
  get changed(): StepState[] {
    return [...this.#changed.values()];
  }

  /** Keys of steps that are gone. */
  get removed(): string[] {
    return [...this.#removed].filter((key) => !this.#changed.has(key));
  }

  /** A step by its key. */
  get(key: string): StepState | undefined {
    return this.#steps.get(key);
  }

  /** A step as it is now, where it was known before. */
  latest(step: StepState): StepState {
    return this.#steps.get(step.key) ?? step;
  }

  /** Every step. */
  all(): StepState[] {
    return [...this.#steps.values()];
  }

  /** What the definition says of a step. */
  planOf({ stepId }: Pick<StepState, 'stepId'>): PlanStep {
    const step = this.#plan.byId.get(stepId);
    if (step === undefined) throw new WorkflowPlanError(`The definition has no step ${stepId}.`);
    return step;
  }

  /** Changes a step, or adds it. */
  set(step: StepState, change: Partial<StepState>): StepState {
    const next = { ...step, ...change };
    this.#steps.set(step.key, next);
    this.#changed.set(step.key, next);
    return next;
  }

  /** Adds those steps of a list that are not there yet. */
  addMissing(prefix: string, steps: readonly PlanStep[]): void {
    for (const { definition } of steps) {
      const key = prefix + definition.stepId;
      if (!this.#steps.has(key)) this.set(pendingStep(key, definition.stepId), {});
    }
  }

  /** Ends it well. */
  complete(step: StepState, output: JsonValue): void {
    this.set(step, { status: 'completed', output, error: null, dueAt: null, finishedAt: this.#now });
  }

  /** Tries again where it may, after a wait that grows. */
  fail(step: StepState, error: WorkflowError): void {
    const { retry } = this.planOf(step).definition;
    if (retry === undefined || step.attempt >= retry.maxAttempts) {
      this.failForGood(step, error);
      return;
    }
    const { backoffSeconds = 1, factor = 2 } = retry;
    const waitMs = Math.min(backoffSeconds * 1_000 * factor ** (step.attempt - 1), longestBackoffMs);
    this.remove(`${step.key}[`);
    this.set(step, {
      status: 'pending',
      taskId: null,
      childWorkflowId: null,
      input: null,
      error,
      dueAt: this.#now + Math.ceil(waitMs),
    });
  }

  /** Ends it as `onError` says. */
  failForGood(step: StepState, error: WorkflowError): void {
    const { onError = 'fail' } = this.planOf(step).definition;
    const status = onError === 'skip' ? 'skipped' : 'failed';
    this.set(step, { status, output: null, error, dueAt: null, finishedAt: this.#now });
  }

  /** Takes the steps away whose keys begin so. */
  remove(prefix: string): void {
    for (const key of [...this.#steps.keys()]) {
      if (!key.startsWith(prefix)) continue;
      this.#steps.delete(key);
      this.#changed.delete(key);
      this.#removed.add(key);
    }
  }

  /** Ends what has not ended among the steps whose keys begin so. */
  cancelOpen(prefix: string): void {
    for (const step of [...this.#steps.values()]) {
      if (isEnded(step) || !step.key.startsWith(prefix)) continue;
      this.cancelWork(step);
      this.set(this.latest(step), { status: 'cancelled', dueAt: null, finishedAt: this.#now });
    }
  }

  /** Cancels what a step has handed out; what the same advance was about to hand out is not handed out at all. */
  cancelWork({ key, status, taskId, childWorkflowId }: StepState): void {
    if (status !== 'running') return;
    const isTaskNew = drop(this.tasks, key);
    const isWorkflowNew = drop(this.workflows, key);
    if (taskId !== null && !isTaskNew && !this.#ended.has(taskId)) this.cancelledTasks.push(taskId);
    if (childWorkflowId !== null && !isWorkflowNew && !this.#ended.has(childWorkflowId)) {
      this.cancelledWorkflows.push(childWorkflowId);
    }
    if (isTaskNew || isWorkflowNew) this.#withoutWork(key);
  }

  #withoutWork(key: string): void {
    const step = this.#steps.get(key);
    if (step !== undefined) this.set(step, { taskId: null, childWorkflowId: null });
  }

  /** When time alone moves something on, `deadline` at the latest. */
  nextDue(deadline: number): number {
    let due = deadline;
    for (const step of this.#steps.values()) {
      if (step.dueAt !== null && step.dueAt < due && !isEnded(step)) due = step.dueAt;
    }
    return due;
  }

  /** Whether a step runs that is not just a list of others. */
  isAnythingRunning(): boolean {
    for (const step of this.#steps.values()) {
      if (step.status === 'running' && this.planOf(step).body === null) return true;
    }
    return false;
  }
}

function drop(orders: { key: string }[], key: string): boolean {
  const index = orders.findIndex((order) => order.key === key);
  if (index >= 0) orders.splice(index, 1);
  return index >= 0;
}

/** The stored steps do not belong to the definition: something that cannot be. */
export class WorkflowPlanError extends Error {
  override readonly name = 'WorkflowPlanError';
}

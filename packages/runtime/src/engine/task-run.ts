import type { JsonValue } from '@runctl/core';
import type { TaskWait } from '@runctl/tasks';
import { checkLimits } from '../loops/limits.ts';
import type { AgentLoop, DelegateAction, LoopAction, LoopContext, LoopDecision, LoopState } from '../loops/loop.ts';
import { noUsage } from '../new-task/no-usage.ts';
import type { StepCommit, Store, TaskEnd } from '../store/store.ts';
import type { CodedError } from '../task-errors/task-error-codes.ts';
import { ActionRunner, type ActionServices, type ActionSubject, type Performed } from './action-runner.ts';
import { mostInTree, readTreeCost, rootOf } from './delegation.ts';
import { type CommitServices, commitDurably } from './durable-commit.ts';
import { startedStep } from './output-deltas.ts';
import { SnapshotEncoder } from './snapshots.ts';
import { type OutcomeColumns, recordOutcome, recordWait, usageOf, usageOfWait } from './step-record.ts';
import { budgetsOf, limitsOf, type TaskLimits } from './task-limits.ts';
import { TreeCalls } from './tree-calls.ts';
import type { Wait } from './wait.ts';

/** What a run needs of the world. */
export type RunServices = ActionServices & CommitServices & { store: Store };

/** What a run is of. */
export interface RunSubject extends ActionSubject {
  loop: AgentLoop;
  /** Where to begin: the start, or after the last committed step. */
  start: { state: LoopState; nextStep: number };
}

/** Why a run is ended from outside, as the reason of its signal. */
export type StopReason = 'cancelled' | 'timeout' | 'shutdown';

/**
 * One claim of one task: decide, act, commit, again, until the loop ends or has to wait. Each step is committed before
 * the next begins, and the last one together with the end of the task. Where a commit is refused, the task is no longer
 * this run's, and it leaves without a further write.
 *
 *   decide --step--> act --outcome--> commit --held--> decide
 *                    act --has to wait--> park (the step's row waits, the slot is free)
 *   decide --hand out--> each a step and a child; park until the last of them is completed
 *   decide --end--> commit with the last step
 */
export class TaskRun {
  readonly #services: RunServices;
  readonly #subject: RunSubject;
  readonly #signal: AbortSignal;
  readonly #context: LoopContext;
  readonly #limits: TaskLimits;
  readonly #actions: ActionRunner;
  readonly #encoder: SnapshotEncoder;
  /** There where the tree's cost is limited. */
  readonly #treeCalls: TreeCalls | undefined;
  readonly #lease: { taskId: string; owner: string; epoch: number };
  #simulated: boolean;
  /** What the step that is not committed yet has cost, millionths of a dollar. */
  #uncommitted: number | null = 0;
  #draining = false;

  constructor(services: RunServices, subject: RunSubject, signal: AbortSignal) {
    const { task, agent } = subject;
    this.#services = services;
    this.#subject = subject;
    this.#signal = signal;
    this.#limits = limitsOf(task, agent.config);
    this.#actions = new ActionRunner(services, subject, signal);
    const { treeMicroUsd } = this.#limits;
    this.#treeCalls = treeMicroUsd === null ? undefined : new TreeCalls(services, task, treeMicroUsd);
    this.#encoder = new SnapshotEncoder(task.tenant_id, services.now);
    this.#lease = { taskId: task.id, owner: task.owner ?? '', epoch: task.epoch };
    this.#simulated = task.simulated === 1;
    this.#context = {
      ...agent.context,
      outputSchema: task.output_schema === null ? null : JSON.parse(task.output_schema),
    };
  }

  /** Hands the task back after the step that is running now. */
  drain(): void {
    this.#draining = true;
  }

  /** Runs to the end of the task, or of the hold on it. */
  async run(): Promise<void> {
    try {
      await this.#runSteps();
    } finally {
      await this.#treeCalls?.end();
    }
  }

  async #runSteps(): Promise<void> {
    let { state, nextStep: step } = this.#subject.start;
    let decision = await this.#decide(state, step);
    if (isEnd(decision)) await this.#end(endOf(decision, step));
    while (!isEnd(decision)) {
      if (this.#draining) return this.#end({ status: 'queued' });
      if (decision.type === 'hand_out') {
        const next = await this.#handOut(decision.handovers, state, step);
        if (next === undefined) return;
        state = next;
        step += decision.handovers.length;
        decision = await this.#decide(state, step);
        if (isEnd(decision)) await this.#end(endOf(decision, step));
        continue;
      }
      const { action }: { action: LoopAction } = decision;
      if (action.kind === 'model' && this.#treeCalls !== undefined) {
        await this.#treeCalls.begin(this.#signal);
        if (this.#signal.aborted) return this.#endStopped(step);
        // Others of the tree may have spent what was left.
        decision = await this.#decide(state, step);
        if (isEnd(decision)) return this.#end(endOf(decision, step));
      }
      const startedAt = this.#services.now();
      this.#tellStarted(step, action, startedAt);
      const performed = await this.#actions.perform(action, state, step);
      if (this.#signal.aborted) return this.#endStopped(step);
      const entry = state;
      const executed = { step, startedAt };
      if (performed.type === 'wait') return this.#park(entry, performed, executed);
      const { outcome } = performed;
      if (outcome.type === 'model_error') {
        decision = { type: 'fail', error: outcome.error };
      } else {
        if (outcome.type === 'model') this.#simulated = outcome.response.simulated;
        state = this.#subject.loop.reduce(state, performed.action, outcome);
        this.#count(performed);
        decision = await this.#decide(state, step + 1);
      }
      // Either this step failed, or the one after it is refused or not needed.
      const endedAt = outcome.type === 'model_error' ? step : step + 1;
      const end = isEnd(decision) ? endOf(decision, endedAt) : undefined;
      if (!(await this.#commit(entry, performed, executed, end))) return;
      await this.#treeCalls?.end();
      step += 1;
    }
  }

  #tellStarted(step: number, action: LoopAction, startedAt: number): void {
    const { taskId } = this.#lease;
    this.#services.live?.stepStarted(taskId, () => startedStep(taskId, step, action, startedAt));
  }

  async #decide(state: LoopState, step: number): Promise<LoopDecision> {
    const decision = this.#subject.loop.decide(state, this.#context);
    if (isEnd(decision)) return decision;
    const { task } = this.#subject;
    const { maxSteps } = this.#limits;
    if (decision.type === 'hand_out') {
      // The last of them has the highest number.
      const [action] = decision.handovers;
      const last = step + decision.handovers.length - 1;
      const tooFar = action && checkLimits({ state, action, step: last, maxSteps, budgets: [] });
      return tooFar ? { type: 'fail', error: tooFar } : decision;
    }
    const { action } = decision;
    const budgets = action.kind === 'model' ? await budgetsOf(task, this.#limits, () => this.#readTreeUsd()) : [];
    const exceeded = checkLimits({ state, action, step, maxSteps, budgets });
    return exceeded === null ? decision : { type: 'fail', error: exceeded };
  }

  /** The next call is checked before this step is committed, so its cost is added here. */
  #count({ action, outcome }: Extract<Performed, { type: 'done' }>): void {
    const { task } = this.#subject;
    this.#uncommitted = usageOf(action, outcome).cost_microusd;
    const [before, cost] = [task.cost_microusd, this.#uncommitted];
    task.cost_microusd = before === null || cost === null ? null : before + cost;
  }

  async #readTreeUsd(): Promise<number | null> {
    const committed = await readTreeCost(this.#services.store.query, rootOf(this.#subject.task));
    return committed === null || this.#uncommitted === null ? null : committed + this.#uncommitted / 1e6;
  }

  #commit(
    entry: LoopState,
    { action, outcome, replayed }: Extract<Performed, { type: 'done' }>,
    executed: Executed,
    end: TaskEnd | undefined,
  ): Promise<boolean> {
    const now = this.#services.now();
    this.#uncommitted = 0;
    return commitDurably(this.#services, {
      ...this.#stepOf(entry, executed, recordOutcome(executed.step, action, outcome, replayed), now),
      usage: usageOf(action, outcome),
      ...(end === undefined ? {} : { end }),
    });
  }

  async #park(entry: LoopState, { wait }: Extract<Performed, { type: 'wait' }>, executed: Executed): Promise<void> {
    await commitDurably(this.#services, {
      ...this.#waitOf(entry, wait, executed),
      ...(wait.child === null ? {} : { children: [wait.child], mostInTree }),
      usage: usageOfWait(wait),
      end: { status: 'waiting', waitingFor: JSON.stringify(wait.waitingFor) },
    });
  }

  /**
   * Hand-overs that began in one state: each is a step. Those that have an outcome at once are committed with it; where
   * all have, the state that they lead to is given back, and the run goes on.
   */
  async #handOut(
    handovers: readonly DelegateAction[],
    entry: LoopState,
    first: number,
  ): Promise<LoopState | undefined> {
    const startedAt = this.#services.now();
    const performed = await this.#actions.handOut(handovers);
    if (this.#signal.aborted) {
      await this.#endStopped(first);
      return undefined;
    }
    const now = this.#services.now();
    const commits = performed.map((each, index) => {
      const executed = { step: first + index, startedAt };
      if (each.type === 'wait') return this.#waitOf(entry, each.wait, executed);
      const columns = recordOutcome(executed.step, each.action, each.outcome, each.replayed);
      return this.#stepOf(entry, executed, columns, now);
    });
    const [commit, ...more] = commits;
    if (commit === undefined) return undefined;
    const waits = performed.flatMap((each) => (each.type === 'wait' ? [each.wait] : []));
    const taskIds = waits.flatMap(({ waitingFor }) => (waitingFor.kind === 'children' ? waitingFor.taskIds : []));
    const waitingFor: TaskWait = { kind: 'children', taskIds };
    const isHeld = await commitDurably(this.#services, {
      ...commit,
      moreSteps: more.map(({ step }) => step),
      children: waits.flatMap(({ child }) => child ?? []),
      mostInTree,
      usage: { ...noUsage, steps: commits.length },
      ...(waits.length === 0 ? {} : { end: { status: 'waiting', waitingFor: JSON.stringify(waitingFor) } }),
    });
    return isHeld && waits.length === 0 ? this.#reduceAll(entry, performed) : undefined;
  }

  #reduceAll(entry: LoopState, performed: readonly Performed[]): LoopState {
    return performed.reduce((state, each) => {
      if (each.type === 'wait' || each.outcome.type === 'model_error') return state;
      return this.#subject.loop.reduce(state, each.action, each.outcome);
    }, entry);
  }

  #waitOf(entry: LoopState, wait: Wait, executed: Executed) {
    const commit = this.#stepOf(entry, executed, recordWait(wait), null);
    return { ...commit, step: { ...commit.step, child_task_id: wait.child?.id ?? null } };
  }

  #stepOf(entry: LoopState, { step, startedAt }: Executed, columns: OutcomeColumns, finishedAt: number | null) {
    const { task } = this.#subject;
    const snapshot = this.#encoder.encode(entry);
    return {
      ...this.#held(),
      step: {
        task_id: task.id,
        step,
        tenant_id: task.tenant_id,
        ...columns,
        entry: JSON.stringify(snapshot.entry),
        child_task_id: null as string | null,
        started_at: startedAt,
        finished_at: finishedAt,
      },
      contents: snapshot.contents,
    };
  }

  async #end(end: TaskEnd): Promise<void> {
    await commitDurably(this.#services, { ...this.#held(), contents: [], usage: noUsage, end });
  }

  #held(): Pick<StepCommit, 'lease' | 'simulated' | 'parentTaskId' | 'workflowId' | 'now'> {
    return {
      lease: this.#lease,
      simulated: this.#simulated,
      parentTaskId: this.#subject.task.parent_task_id,
      workflowId: this.#subject.task.workflow_id,
      now: this.#services.now(),
    };
  }

  /** A cancelled task has its status already, and the fence refuses the rest. */
  async #endStopped(step: number): Promise<void> {
    const reason = this.#signal.reason as StopReason;
    if (reason === 'shutdown') await this.#end({ status: 'queued' });
    if (reason === 'timeout') {
      const message = 'The task ran longer than its timeout. Give it more with timeoutSeconds.';
      await this.#end(failed({ code: 'timeout', message, retryable: true }, step));
    }
  }
}

/** Which step it is, and since when. */
interface Executed {
  step: number;
  startedAt: number;
}

type LoopEnd = Extract<LoopDecision, { type: 'finish' | 'fail' }>;

function isEnd(decision: LoopDecision): decision is LoopEnd {
  return decision.type === 'finish' || decision.type === 'fail';
}

function endOf(decision: LoopEnd, step: number): TaskEnd {
  if (decision.type === 'fail') return failed(decision.error, step);
  return { status: 'completed', result: JSON.stringify(decision.result satisfies JsonValue) };
}

function failed(error: Omit<CodedError, 'step'>, step: number): TaskEnd {
  return { status: 'failed', error: JSON.stringify({ ...error, step } satisfies CodedError) };
}

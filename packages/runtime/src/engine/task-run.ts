import type { JsonValue } from '@runctl/core';
import type { TaskError } from '@runctl/tasks';
import { checkLimits } from '../loops/limits.ts';
import type { ActionOutcome, AgentLoop, LoopAction, LoopContext, LoopDecision, LoopState } from '../loops/loop.ts';
import { ModelFailure, type ModelGateway, type ToolCall } from '../models/model.ts';
import type { TaskRow } from '../store/schema.ts';
import type { Store, TaskEnd } from '../store/store.ts';
import { type ToolBox, ToolFailure } from '../tools/tool.ts';
import type { RunnableAgent } from './agent-versions.ts';
import { type LiveOutput, startedStep } from './output-deltas.ts';
import type { RecordedAnswers } from './recorded-answers.ts';
import { SnapshotEncoder } from './snapshots.ts';
import { noUsage, recordOutcome, type StepOutcome, usageOf } from './step-record.ts';
import type { RunningTenant } from './tenants.ts';

/** What a run needs of the world. */
export interface RunServices {
  store: Pick<Store, 'commitStep'>;
  models: ModelGateway;
  tools: ToolBox;
  /** Where readers follow what is being done. */
  live?: Pick<LiveOutput, 'stepStarted' | 'textDelta'> | undefined;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** What a run is of. */
export interface RunSubject {
  task: TaskRow;
  agent: RunnableAgent;
  tenant: RunningTenant;
  loop: AgentLoop;
  /** Of a fork: what its source recorded. */
  recorded: RecordedAnswers | undefined;
  /** Where to begin: the start, or after the last committed step. */
  start: { state: LoopState; nextStep: number };
}

/** Why a run is ended from outside, as the reason of its signal. */
export type StopReason = 'cancelled' | 'timeout' | 'shutdown';

/**
 * One claim of one task: decide, act, commit, again, until the loop ends. Each step is committed before the next
 * begins, and the last one together with the end of the task. Where a commit is refused, the task is no longer this
 * run's, and it leaves without a further write.
 */
export class TaskRun {
  readonly #services: RunServices;
  readonly #subject: RunSubject;
  readonly #signal: AbortSignal;
  readonly #context: LoopContext;
  readonly #encoder: SnapshotEncoder;
  readonly #lease: { taskId: string; owner: string; epoch: number };
  #simulated: boolean;
  #draining = false;

  constructor(services: RunServices, subject: RunSubject, signal: AbortSignal) {
    const { task, agent } = subject;
    this.#services = services;
    this.#subject = subject;
    this.#signal = signal;
    this.#encoder = new SnapshotEncoder(task.tenant_id);
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
    let { state, nextStep: step } = this.#subject.start;
    let decision = this.#decide(state, step);
    if (decision.type !== 'act') {
      await this.#end(endOf(decision, step));
      return;
    }
    while (decision.type === 'act') {
      if (this.#draining) {
        await this.#end({ status: 'queued' });
        return;
      }
      const { action }: { action: LoopAction } = decision;
      const startedAt = this.#services.now();
      this.#tellStarted(step, action, startedAt);
      const { outcome, replayed } = await this.#act(action, state, step);
      if (this.#signal.aborted) {
        await this.#endStopped(step);
        return;
      }
      const entry = state;
      if (outcome.type === 'model_error') {
        decision = { type: 'fail', error: outcome.error };
      } else {
        state = this.#subject.loop.reduce(state, action, outcome);
        decision = this.#decide(state, step + 1);
      }
      // Either this step failed, or the one after it is refused or not needed.
      const endedAt = outcome.type === 'model_error' ? step : step + 1;
      const end = decision.type === 'act' ? undefined : endOf(decision, endedAt);
      const record = { step, action, outcome, replayed, startedAt };
      if (!(await this.#commit(entry, record, end))) return;
      step += 1;
    }
  }

  #decide(state: LoopState, step: number): LoopDecision {
    const decision = this.#subject.loop.decide(state, this.#context);
    if (decision.type !== 'act') return decision;
    const { task, agent } = this.#subject;
    const { maxSteps = defaultLimits.maxSteps, maxCostUsdPerTask = null } = agent.config.limits ?? {};
    const maxCostUsd = task.max_cost_microusd === null ? maxCostUsdPerTask : task.max_cost_microusd / 1e6;
    const exceeded = checkLimits({
      state,
      action: decision.action,
      step,
      limits: { maxSteps, maxCostUsd },
      costUsd: task.cost_microusd === null ? null : task.cost_microusd / 1e6,
    });
    return exceeded === null ? decision : { type: 'fail', error: exceeded };
  }

  #tellStarted(step: number, action: LoopAction, startedAt: number): void {
    const { taskId } = this.#lease;
    this.#services.live?.stepStarted(taskId, () => startedStep(taskId, step, action, startedAt));
  }

  async #act(action: LoopAction, state: LoopState, step: number): Promise<{ outcome: StepOutcome; replayed: boolean }> {
    if (action.kind === 'model') return { outcome: await this.#callModel(action, step), replayed: false };
    const { recorded } = this.#subject;
    const answer = recorded?.take(action.call);
    if (answer !== undefined) return { outcome: answer, replayed: true };
    if (recorded?.mode === 'block' && action.call.name !== 'memory') {
      return { outcome: blocked(action.call), replayed: false };
    }
    return { outcome: await this.#callTool(action.call, state, step), replayed: false };
  }

  async #callModel(action: Extract<LoopAction, { kind: 'model' }>, step: number): Promise<StepOutcome> {
    const { task } = this.#subject;
    try {
      const response = await this.#services.models.call(action.request, {
        signal: this.#signal,
        onTextDelta: (text) => this.#services.live?.textDelta(task.id, step, text),
        idempotencyKey: `${task.id}:${step}`,
      });
      this.#simulated = response.simulated;
      return { type: 'model', response };
    } catch (reason) {
      if (this.#signal.aborted) return { type: 'model_error', error: stopped };
      if (!(reason instanceof ModelFailure)) throw reason;
      return {
        type: 'model_error',
        error: { code: reason.code, message: reason.message, retryable: reason.retryable },
      };
    }
  }

  async #callTool(call: ToolCall, state: LoopState, step: number): Promise<ActionOutcome> {
    const { task, agent, tenant } = this.#subject;
    try {
      const outcome = await this.#services.tools.run(call, agent.config.tools ?? [], {
        tenantId: task.tenant_id,
        agentId: task.agent_id ?? '',
        taskId: task.id,
        step,
        attempt: task.attempt,
        signal: this.#signal,
        idempotencyKey: `${task.id}:${step}`,
        memory: state.memory,
        tenantSettings: tenant.settings,
        signingSecret: tenant.signingSecret,
      });
      return { type: 'tool', ...outcome };
    } catch (reason) {
      if (this.#signal.aborted) return { type: 'tool_error', error: stopped };
      if (!(reason instanceof ToolFailure)) throw reason;
      return { type: 'tool_error', error: { code: reason.code, message: reason.message } };
    }
  }

  async #commit(entry: LoopState, record: ExecutedStep, end: TaskEnd | undefined): Promise<boolean> {
    const { task } = this.#subject;
    const { step, action, outcome, replayed, startedAt } = record;
    const snapshot = this.#encoder.encode(entry);
    const now = this.#services.now();
    const usage = usageOf(action, outcome);
    task.cost_microusd =
      task.cost_microusd === null || usage.cost_microusd === null ? null : task.cost_microusd + usage.cost_microusd;
    return this.#services.store.commitStep({
      lease: this.#lease,
      step: {
        task_id: task.id,
        step,
        tenant_id: task.tenant_id,
        ...recordOutcome(step, action, outcome, replayed),
        entry: JSON.stringify(snapshot.entry),
        child_task_id: null,
        started_at: startedAt,
        finished_at: now,
      },
      contents: snapshot.contents,
      usage,
      simulated: this.#simulated,
      ...(end === undefined ? {} : { end }),
      now,
    });
  }

  async #end(end: TaskEnd): Promise<void> {
    await this.#services.store.commitStep({
      lease: this.#lease,
      contents: [],
      usage: noUsage,
      simulated: this.#simulated,
      end,
      now: this.#services.now(),
    });
  }

  /** A cancelled task has its status already, and the fence refuses the rest. */
  async #endStopped(step: number): Promise<void> {
    const reason = this.#signal.reason as StopReason;
    if (reason === 'shutdown') await this.#end({ status: 'queued' });
    if (reason === 'timeout') {
      const message = 'The task took longer than its timeout. Give it more with timeoutSeconds.';
      await this.#end(failed({ code: 'timeout', message, retryable: true }, step));
    }
  }
}

/** Where an agent sets none. */
const defaultLimits = { maxSteps: 20 };

interface ExecutedStep {
  step: number;
  action: LoopAction;
  outcome: StepOutcome;
  replayed: boolean;
  startedAt: number;
}

const stopped = { code: 'stopped', message: 'The run was stopped.', retryable: true };

function blocked(call: ToolCall): ActionOutcome {
  const message = `The fork blocks tool calls that its source did not make, and "${call.name}" with these arguments is one.`;
  return { type: 'tool_error', error: { code: 'side_effect_blocked', message } };
}

function endOf(decision: Exclude<LoopDecision, { type: 'act' }>, step: number): TaskEnd {
  if (decision.type === 'fail') return failed(decision.error, step);
  return { status: 'completed', result: JSON.stringify(decision.result satisfies JsonValue) };
}

function failed(error: Omit<TaskError, 'step'>, step: number): TaskEnd {
  return { status: 'failed', error: JSON.stringify({ ...error, step } satisfies TaskError) };
}

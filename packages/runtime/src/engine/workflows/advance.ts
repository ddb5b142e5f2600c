import type { JsonObject, JsonValue } from '@runctl/core';
import type { WorkflowError, WorkflowStatus } from '@runctl/workflows';
import { ConditionError, holds } from './condition.ts';
import { type PathRoots, valueAt } from './path.ts';
import { toPayload } from './payload.ts';
import { isPath, type PlanScope, type PlanStep, waitSeconds } from './plan.ts';
import { StepBook } from './step-book.ts';
import { bodyPrefix, isEnded, isOpen, pendingStep, type StepState } from './step-state.ts';
import { fillIn } from './template.ts';
import {
  type AdvanceContext,
  type Advanced,
  type ChildOutcome,
  type Decision,
  deepestNesting,
  mostItems,
  mostStepStates,
  mostTurns,
  type WorkflowNews,
  type WorkflowNow,
} from './workflow-now.ts';

// The one graph engine. Pure: what stands and what has happened go in, what changes comes out; again changes nothing.
//
// A step begins when each step that it depends on is completed or skipped, or failed with `onError: continue`. It ends
// as what it does ends. A failure is tried again as `retry` says; then `onError` decides: `fail` ends the list of steps
// that it stands in, which fails the loop or the map around it, or the workflow; `continue` leaves it failed, with null
// as its output; `skip` as if it had been skipped. What still runs in a list that fails is cancelled.

/** Moves a workflow on as far as it goes by itself. */
export function advance(workflow: WorkflowNow, news: WorkflowNews, context: AdvanceContext): Advanced {
  return new Run(workflow, news, context).advance(news);
}

/** What a list of steps has come to. */
type ScopeOutcome = { type: 'open' } | { type: 'done'; output: JsonValue } | { type: 'failed'; error: WorkflowError };

/** Where a list of steps stands: its prefix, and what paths in it see. */
interface Frame {
  prefix: string;
  scope: PlanScope;
  outer: Frame | null;
  names: Readonly<Record<string, JsonValue>>;
}

const doneStatuses: ReadonlySet<string> = new Set(['completed', 'skipped']);

class Run {
  readonly #workflow: WorkflowNow;
  readonly #context: AdvanceContext;
  readonly #book: StepBook;

  constructor(workflow: WorkflowNow, { outcomes = [] }: WorkflowNews, context: AdvanceContext) {
    this.#workflow = workflow;
    this.#context = context;
    const ended = new Set(outcomes.map(({ id }) => id));
    this.#book = new StepBook(workflow.plan, workflow.steps, ended, context.now);
  }

  advance(news: WorkflowNews): Advanced {
    const { status, plan, startedAt } = this.#workflow;
    if (status !== 'queued' && status !== 'running' && status !== 'waiting') return this.#result(status, null, null);
    const { now } = this.#context;
    const begunAt = startedAt ?? now;
    if (news.cancel !== undefined) {
      const message = news.cancel.reason;
      return this.#endEarly(
        'cancelled',
        message === null ? null : { code: 'cancelled', message, stepId: null },
        begunAt,
      );
    }
    const deadline = begunAt + Math.round(plan.timeoutSeconds * 1_000);
    if (now >= deadline) {
      const message = `The workflow ran longer than its timeout of ${plan.timeoutSeconds} seconds.`;
      return this.#endEarly('failed', { code: 'timeout', message, stepId: null }, begunAt);
    }
    this.#settle(news);
    // Each step of the definition's own list is there from the first on, also where a failure lets it never begin.
    this.#book.addMissing('', plan.root.steps);
    const frame: Frame = { prefix: '', scope: plan.root, outer: null, names: { input: this.#workflow.input } };
    const outcome = this.#runScope(frame);
    if (outcome.type === 'failed') return this.#endEarly('failed', outcome.error, begunAt);
    if (outcome.type === 'done') {
      const output = plan.output === null ? outcome.output : fillIn(plan.output, this.#rootsOf(frame));
      return this.#result('completed', output, null, begunAt);
    }
    return this.#result(this.#book.isAnythingRunning() ? 'running' : 'waiting', null, null, begunAt, deadline);
  }

  #endEarly(status: 'failed' | 'cancelled', error: WorkflowError | null, begunAt: number): Advanced {
    this.#book.cancelOpen('');
    return this.#result(status, null, error, begunAt);
  }

  #result(
    status: WorkflowStatus,
    output: JsonValue,
    error: WorkflowError | null,
    startedAt: number | null = this.#workflow.startedAt,
    deadline: number | null = null,
  ): Advanced {
    const currentStepIds = this.#workflow.plan.root.steps.flatMap(({ definition: { stepId } }) => {
      const step = this.#book.get(stepId);
      return step !== undefined && isOpen(step) ? [stepId] : [];
    });
    return {
      changed: this.#book.changed,
      removed: this.#book.removed,
      tasks: this.#book.tasks,
      workflows: this.#book.workflows,
      cancelledTasks: this.#book.cancelledTasks,
      cancelledWorkflows: this.#book.cancelledWorkflows,
      status,
      output,
      error,
      currentStepIds,
      startedAt,
      dueAt: deadline === null ? null : this.#book.nextDue(deadline),
    };
  }

  /** What tasks, nested workflows, people and time have done to steps. */
  #settle({ outcomes = [], decision }: WorkflowNews): void {
    const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
    for (const step of this.#book.all()) {
      // A step around it may have been tried again, and this one be gone.
      if (!isOpen(step) || this.#book.get(step.key) !== step) continue;
      const outcome = byId.get(step.taskId ?? step.childWorkflowId ?? '');
      if (outcome !== undefined) this.#endBy(step, outcome);
      else if (decision?.key === step.key) this.#decide(step, decision);
      else if (step.dueAt !== null && step.dueAt <= this.#context.now) this.#expire(step);
    }
  }

  #endBy(step: StepState, { status, output, error }: ChildOutcome): void {
    const fallback = { code: status, message: `What the step handed out was ${status}.` };
    if (status === 'completed') this.#book.complete(step, output);
    else this.#book.fail(step, { ...(error ?? fallback), stepId: step.key });
  }

  #decide(step: StepState, decision: Decision): void {
    if (decision.approved) this.#book.complete(step, decision.output);
    else this.#book.failForGood(step, { code: 'rejected', message: decision.reason, stepId: step.key });
  }

  #expire(step: StepState): void {
    const { definition } = this.#book.planOf(step);
    if (definition.type === 'wait' && waitSeconds(definition) === definition.seconds) {
      this.#book.complete(step, null);
      return;
    }
    const message = `The step took longer than its timeout of ${definition.timeoutSeconds} seconds.`;
    this.#book.cancelWork(step);
    this.#book.cancelOpen(`${step.key}[`);
    this.#book.fail(step, { code: 'timeout', message, stepId: step.key });
  }

  /** Moves a list of steps on: each comes behind those that it depends on, so once over it is enough. */
  #runScope(frame: Frame): ScopeOutcome {
    // Nothing is begun in a list that has failed already.
    for (const plan of frame.scope.steps) {
      const failure = failureOf(this.#book.get(frame.prefix + plan.definition.stepId), plan);
      if (failure !== undefined) return failure;
    }
    let isDone = true;
    for (const plan of frame.scope.steps) {
      const step = this.#runStep(plan, frame);
      const failure = failureOf(step, plan);
      if (failure !== undefined) return failure;
      if (!isEnded(step)) isDone = false;
    }
    return isDone ? { type: 'done', output: this.#outputOf(frame) } : { type: 'open' };
  }

  #outputOf({ prefix, scope }: Frame): JsonValue {
    const outputs = scope.last.map((stepId) => [stepId, this.#book.get(prefix + stepId)?.output ?? null] as const);
    return outputs.length === 1 ? (outputs[0]?.[1] ?? null) : Object.fromEntries(outputs);
  }

  #runStep(plan: PlanStep, frame: Frame): StepState {
    const { stepId } = plan.definition;
    const key = frame.prefix + stepId;
    let step = this.#book.get(key) ?? pendingStep(key, stepId);
    if (step.status === 'pending' && this.#mayBegin(step, plan, frame)) this.#begin(step, plan, frame);
    step = this.#book.get(key) ?? step;
    if (step.status === 'running' && plan.body !== null) this.#runBody(step, plan, plan.body, frame);
    return this.#book.get(key) ?? step;
  }

  #mayBegin(step: StepState, plan: PlanStep, frame: Frame): boolean {
    if (step.dueAt !== null && step.dueAt > this.#context.now) return false;
    return plan.dependsOn.every((stepId) => {
      const before = this.#book.get(frame.prefix + stepId);
      if (before === undefined) return false;
      // A failure that does not end the list lets the steps behind it begin.
      return doneStatuses.has(before.status) || before.status === 'failed';
    });
  }

  #begin(step: StepState, plan: PlanStep, frame: Frame): void {
    const { now } = this.#context;
    const roots = this.#rootsOf(frame);
    try {
      if (plan.when !== null && !holds(plan.when, roots)) {
        this.#book.set(step, { status: 'skipped', dueAt: null, finishedAt: now });
        return;
      }
      this.#act(step, plan, frame, roots);
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      // The same values give the same error: to try again is of no use.
      this.#book.failForGood(this.#book.latest(step), {
        code: 'condition_failed',
        message: error.message,
        stepId: step.key,
      });
    }
  }

  #act(step: StepState, plan: PlanStep, frame: Frame, roots: PathRoots): void {
    const { definition } = plan;
    const { now } = this.#context;
    const timeout = definition.timeoutSeconds;
    const begun: Partial<StepState> = {
      status: 'running',
      attempt: step.attempt + 1,
      error: null,
      startedAt: step.startedAt ?? now,
      dueAt: timeout === undefined ? null : now + Math.round(timeout * 1_000),
    };
    switch (definition.type) {
      case 'approval':
        this.#book.set(step, { ...begun, status: 'waiting', input: { prompt: fillIn(definition.prompt, roots) } });
        return;
      case 'wait':
        this.#book.set(step, { ...begun, status: 'waiting', dueAt: now + Math.round(waitSeconds(definition) * 1_000) });
        if (definition.seconds === 0) this.#book.complete(this.#book.latest(step), null);
        return;
      case 'transform':
        this.#book.complete(this.#book.set(step, begun), fillIn(definition.output, roots));
        return;
      case 'loop':
        this.#book.set(step, { ...begun, input: this.#inputOf(plan, frame, roots) });
        return;
      case 'map':
        this.#beginMap(step, begun, plan, roots);
        return;
      case 'workflow':
        this.#beginWorkflow(step, begun, definition.workflowDefinitionId, this.#inputOf(plan, frame, roots));
        return;
      default: {
        const input = this.#inputOf(plan, frame, roots);
        const taskId = this.#context.newId('tsk', now);
        const assignee = definition.type === 'team' ? { teamId: definition.teamId } : { agentId: definition.agentId };
        this.#book.set(step, { ...begun, input, taskId });
        this.#book.tasks.push({
          taskId,
          key: step.key,
          assignee,
          payload: toPayload(input),
          timeoutSeconds: timeout ?? null,
        });
      }
    }
  }

  #beginMap(step: StepState, begun: Partial<StepState>, { over }: PlanStep, roots: PathRoots): void {
    if (over === null) return;
    const items = isPath(over) ? (valueAt(over, roots) ?? null) : over.evaluate(roots);
    if (Array.isArray(items) && items.length <= mostItems) {
      this.#book.set(step, { ...begun, input: items });
      return;
    }
    const error = Array.isArray(items)
      ? { code: 'map_too_large', message: `The list has ${items.length} items, the most are ${mostItems}.` }
      : { code: 'map_not_a_list', message: 'What the map goes over is no list.' };
    this.#book.failForGood(this.#book.set(step, begun), { ...error, stepId: step.key });
  }

  #beginWorkflow(step: StepState, begun: Partial<StepState>, workflowDefinitionId: string, input: JsonValue): void {
    if (this.#workflow.depth >= deepestNesting) {
      const message = `Workflows stand within workflows at most ${deepestNesting} deep.`;
      this.#book.failForGood(this.#book.set(step, begun), { code: 'workflow_too_deep', message, stepId: step.key });
      return;
    }
    const workflowId = this.#context.newId('wfl', this.#context.now);
    this.#book.set(step, { ...begun, input, childWorkflowId: workflowId });
    this.#book.workflows.push({ workflowId, key: step.key, workflowDefinitionId, input: toPayload(input) });
  }

  /** As written, else the workflow's input and the outputs of the steps that it depends on. */
  #inputOf({ definition, dependsOn }: PlanStep, frame: Frame, roots: PathRoots): JsonValue {
    if (definition.input !== undefined) return fillIn(definition.input, roots);
    const { input: _, ...names } = frame.names;
    const outputs = dependsOn.map((stepId) => [stepId, this.#book.get(frame.prefix + stepId)?.output ?? null] as const);
    return {
      input: this.#workflow.input,
      ...names,
      ...(outputs.length === 0 ? {} : { steps: Object.fromEntries(outputs) }),
    };
  }

  #runBody(step: StepState, plan: PlanStep, body: PlanScope, frame: Frame): void {
    const outcome =
      plan.definition.type === 'map' ? this.#runMap(step, plan, body, frame) : this.#runLoop(step, plan, body, frame);
    if (outcome.type === 'done') this.#book.complete(this.#book.latest(step), outcome.output);
    if (outcome.type !== 'failed') return;
    this.#book.cancelOpen(`${step.key}[`);
    this.#book.fail(this.#book.latest(step), outcome.error);
  }

  #runMap({ key, input }: StepState, { definition }: PlanStep, body: PlanScope, outer: Frame): ScopeOutcome {
    const items = Array.isArray(input) ? input : [];
    const atOnce = (definition.type === 'map' ? definition.maxConcurrency : undefined) ?? items.length;
    const outputs: JsonValue[] = [];
    let open = 0;
    for (const [index, item] of items.entries()) {
      const frame: Frame = {
        prefix: bodyPrefix(key, index),
        scope: body,
        outer,
        names: { ...outer.names, item, index },
      };
      if (!this.#hasBegun(frame)) {
        if (open >= atOnce) return { type: 'open' };
        const full = this.#makeRoom(key, frame);
        if (full !== undefined) return full;
      }
      const outcome = this.#runScope(frame);
      if (outcome.type === 'failed') return outcome;
      if (outcome.type === 'done') outputs.push(outcome.output);
      else open += 1;
    }
    return open > 0 ? { type: 'open' } : { type: 'done', output: outputs };
  }

  #runLoop({ key }: StepState, { definition, until }: PlanStep, body: PlanScope, outer: Frame): ScopeOutcome {
    const most = (definition.type === 'loop' ? definition.maxIterations : undefined) ?? mostTurns;
    let previous: JsonValue = null;
    for (let index = 0; index < most; index += 1) {
      const names = { ...outer.names, turn: index + 1, previous };
      const frame: Frame = { prefix: bodyPrefix(key, index), scope: body, outer, names };
      const isBegun = this.#hasBegun(frame);
      const full = isBegun ? undefined : this.#makeRoom(key, frame);
      if (full !== undefined) return full;
      const outcome = this.#runScope(frame);
      if (outcome.type !== 'done') return outcome;
      previous = outcome.output;
      // Where the next turn stands already, this one has been judged.
      if (this.#hasBegun({ ...frame, prefix: bodyPrefix(key, index + 1) })) continue;
      try {
        if (until === null || holds(until, this.#rootsOf(frame))) break;
      } catch (error) {
        if (!(error instanceof ConditionError)) throw error;
        return { type: 'failed', error: { code: 'condition_failed', message: error.message, stepId: key } };
      }
    }
    return { type: 'done', output: previous };
  }

  #hasBegun({ prefix, scope }: Frame): boolean {
    const [first] = scope.steps;
    return first !== undefined && this.#book.get(prefix + first.definition.stepId) !== undefined;
  }

  /** A failure where the workflow would have too many steps. */
  #makeRoom(key: string, { scope, prefix }: Frame): ScopeOutcome | undefined {
    if (this.#book.size + scope.steps.length > mostStepStates) {
      const message = `A workflow has at most ${mostStepStates} steps, each turn and each item counted.`;
      return { type: 'failed', error: { code: 'workflow_too_large', message, stepId: key } };
    }
    this.#book.addMissing(prefix, scope.steps);
    return undefined;
  }

  /** What paths and conditions see: steps of this list and of those around it. */
  #rootsOf(frame: Frame): PathRoots {
    const steps: Record<string, JsonValue> = {};
    for (let at: Frame | null = frame; at !== null; at = at.outer) {
      for (const { definition } of at.scope.steps) {
        const step = this.#book.get(at.prefix + definition.stepId);
        if (step !== undefined && isEnded(step)) {
          steps[definition.stepId] = {
            status: step.status,
            output: step.output,
            error: step.error as JsonObject | null,
          };
        }
      }
    }
    return { ...frame.names, steps };
  }
}

/** Of a step whose failure ends the list that it stands in. */
function failureOf(step: StepState | undefined, { definition }: PlanStep): ScopeOutcome | undefined {
  if (step?.status !== 'failed' || (definition.onError ?? 'fail') !== 'fail') return undefined;
  return { type: 'failed', error: step.error ?? { code: 'failed', message: 'The step failed.', stepId: step.key } };
}

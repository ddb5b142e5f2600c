import type { TaskWait } from '@runctl/tasks';
import type { ActionOutcome, DelegateAction, LoopAction, LoopState } from '../loops/loop.ts';
import { ModelFailure, type ModelGateway, type ToolCall } from '../models/model.ts';
import type { TaskRow } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import type { TaskErrorCode } from '../task-errors/task-error-codes.ts';
import { type ToolBox, type ToolContext, ToolFailure } from '../tools/tool.ts';
import type { RunnableAgent } from './agent-versions.ts';
import { childRow, delegationProblem, readTree, type TreeTask } from './delegation.ts';
import { gateOf } from './gates.ts';
import { storableResponse, storableResult } from './outcome-size.ts';
import type { LiveOutput } from './output-deltas.ts';
import type { RecordedAnswers } from './recorded-answers.ts';
import type { StepOutcome } from './step-record.ts';
import { limitsOf } from './task-limits.ts';
import type { RunningTenant } from './tenants.ts';
import { ToolGrace } from './tool-grace.ts';
import type { Wait } from './wait.ts';

/** What actions need of the world. */
export interface ActionServices {
  store: Pick<Store, 'query'>;
  models: ModelGateway;
  tools: ToolBox;
  /** Where readers follow what models write. */
  live?: Pick<LiveOutput, 'stepStarted' | 'textDelta'> | undefined;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** A fresh id. */
  newId: (prefix: 'tsk' | 'act', now: number) => string;
}

/** What actions are done for. */
export interface ActionSubject {
  task: TaskRow;
  agent: RunnableAgent;
  tenant: RunningTenant;
  /** Of a fork: what its source recorded. */
  recorded: RecordedAnswers | undefined;
}

/** What an action came to: an outcome, or something that has to come from elsewhere. `action` is what was done. */
export type Performed =
  | { type: 'done'; action: LoopAction; outcome: StepOutcome; replayed: boolean }
  | { type: 'wait'; wait: Wait };

/** Does what a loop decided, one step at a time. */
export class ActionRunner {
  readonly #services: ActionServices;
  readonly #subject: ActionSubject;
  readonly #signal: AbortSignal;

  constructor(services: ActionServices, subject: ActionSubject, signal: AbortSignal) {
    this.#services = services;
    this.#subject = subject;
    this.#signal = signal;
  }

  /** Model calls end at once with the run's signal; tools get their grace. */
  async perform(action: LoopAction, state: LoopState, step: number): Promise<Performed> {
    switch (action.kind) {
      case 'model':
        return done(action, await this.#callModel(action, step));
      case 'delegate':
        return this.#recorded(action) ?? this.#delegate(action, await this.#readTree());
      case 'tool':
        return this.#passGate(action, state, step);
    }
  }

  /** Hands work to several at once, each as if it were the only one but for the guards, which count them all. */
  async handOut(handovers: readonly DelegateAction[]): Promise<Performed[]> {
    const tree = await this.#readTree();
    const performed: Performed[] = [];
    for (const action of handovers) {
      const each = this.#recorded(action) ?? (await this.#delegate(action, tree));
      if (each.type === 'wait' && each.wait.child !== null) tree.push(each.wait.child);
      performed.push(each);
    }
    return performed;
  }

  #readTree(): Promise<TreeTask[]> {
    return readTree(this.#services.store.query, this.#subject.task);
  }

  async #passGate(action: Extract<LoopAction, { kind: 'tool' }>, state: LoopState, step: number): Promise<Performed> {
    const { agent, tenant } = this.#subject;
    const tools = agent.config.tools ?? [];
    const gate = gateOf(action.call, tools, state.approvals);
    if (gate.type === 'rejected') return done(action, toolError('rejected', gate.reason));
    if (gate.type === 'open') return this.#runTool({ kind: 'tool', call: gate.call }, state, step);
    // Nobody is asked about a call that cannot run: it fails as it would have without the gate.
    if (this.#services.tools.refusal(action.call, tools, tenant.settings) !== null) {
      return this.#runTool(action, state, step);
    }
    const { call } = action;
    if (gate.type === 'approval') {
      const { name: toolName, arguments: args } = call;
      return this.#wait('approval', call, { kind: 'approval', toolName, arguments: args });
    }
    const { question, schema } = gate;
    return this.#recorded(action) ?? this.#wait('input', call, { kind: 'input', question, schema });
  }

  async #runTool(action: Extract<LoopAction, { kind: 'tool' }>, state: LoopState, step: number): Promise<Performed> {
    return this.#recorded(action) ?? done(action, await this.#callTool(action.call, state, step));
  }

  #wait(kind: 'approval' | 'input', call: ToolCall, asked: AskedOfPerson): Performed {
    const { task, agent } = this.#subject;
    const now = this.#services.now();
    const actionId = this.#services.newId('act', now) as `act_${string}`;
    const { actionTimeoutMs } = limitsOf(task, agent.config);
    const expiresAt = actionTimeoutMs === null ? null : new Date(now + actionTimeoutMs).toISOString();
    return { type: 'wait', wait: { kind, call, waitingFor: { ...asked, actionId, expiresAt }, child: null } };
  }

  /** Of a fork: the recorded answer to the same call, or the refusal of a new one. */
  #recorded(action: Exclude<LoopAction, { kind: 'model' }>): Performed | undefined {
    const { recorded } = this.#subject;
    const { call } = action;
    const answer = recorded?.take(call);
    if (answer !== undefined) return { ...done(action, answer), replayed: true };
    if (recorded?.mode !== 'block' || call.name === 'memory') return undefined;
    const message = `The fork blocks calls that its source did not make, and "${call.name}" with these arguments is one.`;
    return done(action, toolError('side_effect_blocked', message));
  }

  async #delegate(action: DelegateAction, tree: readonly TreeTask[]): Promise<Performed> {
    const { now, newId } = this.#services;
    const { task, agent } = this.#subject;
    if (action.call.problem !== undefined)
      return done(action, toolError('tool_arguments_invalid', action.call.problem));
    const problem = delegationProblem(tree, task, action);
    if (problem !== null) return done(action, { type: 'tool_error', error: problem });
    if (!(await this.#isThere(action.agentId))) {
      return done(action, toolError('agent_unknown', 'There is no such member any more.'));
    }
    const { treeMicroUsd } = limitsOf(task, agent.config);
    const child = childRow(task, action, { id: newId('tsk', now()), treeLimitMicroUsd: treeMicroUsd, now: now() });
    const waitingFor: TaskWait = { kind: 'children', taskIds: [child.id as `tsk_${string}`] };
    return { type: 'wait', wait: { kind: 'delegation', call: action.call, waitingFor, child } };
  }

  async #isThere(agentId: string): Promise<boolean> {
    const agent = await this.#services.store.query
      .selectFrom('agents')
      .select('id')
      .where('id', '=', agentId)
      .where('tenant_id', '=', this.#subject.task.tenant_id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    return agent !== undefined;
  }

  async #callModel(action: Extract<LoopAction, { kind: 'model' }>, step: number): Promise<StepOutcome> {
    const { task } = this.#subject;
    try {
      const response = await this.#services.models.call(action.request, {
        signal: this.#signal,
        onTextDelta: (text) => this.#services.live?.textDelta(task.id, step, text),
        idempotencyKey: `${task.id}:${step}`,
      });
      return { type: 'model', response: storableResponse(response) };
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
    const grace = new ToolGrace(this.#signal);
    try {
      const context = this.#toolContext(state, step, grace.signal);
      const { result, memory } = await grace.within(
        this.#services.tools.run(call, this.#subject.agent.config.tools ?? [], context),
      );
      const stored = storableResult(result);
      if (stored === undefined)
        return toolError('tool_error', `${call.name} answered with JSON that nests too deeply.`);
      return { type: 'tool', result: stored, ...(memory === undefined ? {} : { memory }) };
    } catch (reason) {
      if (this.#signal.aborted) return { type: 'tool_error', error: stopped };
      if (!(reason instanceof ToolFailure)) throw reason;
      return toolError(reason.code, reason.message);
    } finally {
      grace.close();
    }
  }

  #toolContext(state: LoopState, step: number, signal: AbortSignal): ToolContext {
    const { task, tenant } = this.#subject;
    return {
      tenantId: task.tenant_id,
      agentId: task.agent_id ?? '',
      taskId: task.id,
      step,
      attempt: task.attempt,
      signal,
      idempotencyKey: `${task.id}:${step}`,
      memory: state.memory,
      tenantSettings: tenant.settings,
      signingSecret: tenant.signingSecret,
    };
  }
}

/** What a person is asked, before it has its id. */
type AskedOfPerson =
  | Omit<Extract<TaskWait, { kind: 'approval' }>, 'actionId' | 'expiresAt'>
  | Omit<Extract<TaskWait, { kind: 'input' }>, 'actionId' | 'expiresAt'>;

/** Nobody reads it: a run that was stopped commits nothing more. */
const stopped = { code: 'internal', message: 'The run was stopped.', retryable: true } as const;

function done(action: LoopAction, outcome: StepOutcome): Extract<Performed, { type: 'done' }> {
  return { type: 'done', action, outcome, replayed: false };
}

function toolError(code: TaskErrorCode, message: string): ActionOutcome {
  return { type: 'tool_error', error: { code, message } };
}

import type { AgentConfig, AgentType } from '@runctl/agents';
import type { JsonObject, JsonSchema, JsonValue } from '@runctl/core';
import type { TaskInput, TraceMessage, TraceStepKind } from '@runctl/tasks';
import type { ModelRequest, ModelResponse, ModelSettings, ToolCall, ToolDefinition } from '../models/model.ts';
import type { CodedError, TaskErrorCode } from '../task-errors/task-error-codes.ts';
import type { Member } from './members.ts';

/** The state at entry of a step: all that is needed to run on from there. Plain JSON, never changed in place. */
export interface LoopState {
  prompt: string;
  systemPrompt: string;
  /**
   * User content is text. Assistant content is text, or `{ text, toolCalls }`. Tool content is
   * `{ callId, name, result }` or `{ callId, name, error }`.
   */
  messages: TraceMessage[];
  memory: JsonObject;
  modelProvider: string;
  model: string;
  /** What people decided about tool calls, by the id of the call. */
  approvals: Approvals;
  /** The loop's own; null where the messages say it all. */
  loop: JsonValue;
}

/** A person's decision on a tool call. */
export type Approval = {
  approved: boolean;
  /** They replace what the model chose; null: as it chose. */
  arguments: JsonObject | null;
  /** The comment, or the reason of a rejection. */
  comment: string | null;
};

/** Decisions by the id of their call. */
export type Approvals = { [callId: string]: Approval };

/** What stays the same over a whole task, from the agent's version. */
export interface LoopContext {
  tools: ToolDefinition[];
  settings: ModelSettings;
  /** Null: the answer is free text. */
  outputSchema: JsonSchema | null;
  /** The agent's `metadata.simulation`, for the provider `simulated`. */
  simulation?: JsonValue;
  /** Of a supervisor or a router: whom it may hand work to. */
  members?: readonly Member[];
  /** Of a reflective agent: what a draft is judged by. */
  rubric?: readonly string[];
}

/** One step to run. */
export type LoopAction =
  | { kind: 'model'; name: string; stepKind: TraceStepKind; request: ModelRequest }
  | { kind: 'tool'; call: ToolCall }
  | DelegateAction;

/** Work for another agent: a task of its own, whose end is the outcome of this step. */
export interface DelegateAction {
  kind: 'delegate';
  call: ToolCall;
  agentId: string;
  /** What the other agent is asked. */
  instruction: string;
  /** JSON Schema of the result; null: free text. */
  outputSchema: JsonSchema | null;
}

/** What comes next: a step, several hand-overs at once, each a step, or the end of the task. */
export type LoopDecision =
  | { type: 'act'; action: LoopAction }
  | { type: 'hand_out'; handovers: readonly DelegateAction[] }
  | { type: 'finish'; result: JsonValue }
  | { type: 'fail'; error: Omit<CodedError, 'step'> };

/** What a step came to. `memory` is there where the tool changed it. */
export type ActionOutcome =
  | { type: 'model'; response: ModelResponse }
  | { type: 'tool'; result: JsonValue; memory?: JsonObject }
  | { type: 'tool_error'; error: { code: TaskErrorCode; message: string } };

/** The loops that there are: one for each type of agent, and one for each way in which a team works by itself. */
export type LoopType = AgentType | 'sequential' | 'parallel';

/** What a task runs: a version of an agent, or what a team makes of one. */
export type RunConfig = Omit<AgentConfig, 'type'> & { type: LoopType };

/** What a task starts from. */
export interface LoopStart {
  agent: Pick<AgentConfig, 'systemPrompt' | 'modelProvider' | 'model'>;
  input: TaskInput;
  memory: JsonObject;
}

/**
 * How one type of agent, or a team, works: three pure functions. The engine records the state at entry of each step and the
 * step's outcome; `reduce(entry, outcome)` is the next state, so a task goes on after a crash, or in a fork, from
 * the records alone.
 */
export interface AgentLoop {
  readonly type: LoopType;
  start(input: LoopStart): LoopState;
  decide(state: LoopState, context: LoopContext): LoopDecision;
  reduce(state: LoopState, action: LoopAction, outcome: ActionOutcome): LoopState;
}

/** The loops that a runtime has. */
export interface LoopRegistry {
  /** @throws {LoopFailure} `loop_missing` - no loop runs agents of this type. */
  loopFor(type: LoopType): AgentLoop;
}

/** An agent is of a type that this runtime cannot run; creating one is refused, so this tells of a foreign store. */
export class LoopFailure extends Error {
  override readonly name = 'LoopFailure';
  readonly code = 'loop_missing';
}

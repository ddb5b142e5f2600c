import type { JsonObject, JsonValue, TaskId, Timestamp } from '@runctl/core';
import type { ForkOrigin, TaskError, TaskStatus } from './task.ts';
import type { TaskUsage, TokenUsage } from './token-usage.ts';

/** What a step did. */
export type TraceStepKind = 'model' | 'tool' | 'plan' | 'reflection' | 'route' | 'delegation' | 'approval' | 'input';

/** One model call or one tool call, committed before the next begins. */
export interface TraceStep {
  /** The task. */
  taskId: TaskId;
  /** From 1, dense. */
  step: number;
  /** What it did. */
  kind: TraceStepKind;
  /** Of the model or the tool. */
  name: string;
  /** Where it stands. */
  status: 'running' | 'completed' | 'failed' | 'waiting';
  /** Carried over from the task that this one was forked from: not executed again, cost 0. */
  inherited: boolean;
  /** What it was given. */
  input: JsonValue;
  /** What came of it; null while it runs. */
  output: JsonValue;
  /** Why it failed, else null. */
  error: TaskError | null;
  /** Of a model call, else null. */
  model: {
    /** Who served it. */
    provider: string;
    /** The provider's name of it. */
    model: string;
    /** Why it stopped, in the provider's word. */
    finishReason: string | null;
    /** No model was called. */
    simulated: boolean;
  } | null;
  /** Of a tool call, else null. */
  tool: {
    /** The tool. */
    name: string;
    /** The model's id of the call. */
    callId: string;
    /** The answer is the one that the source of the fork recorded; nothing ran. */
    replayed: boolean;
  } | null;
  /** The task that it handed out, or null. */
  childTaskId: TaskId | null;
  /** Tokens and cost of a model call, else null. */
  usage: TokenUsage | null;
  /** When it began. */
  startedAt: Timestamp;
  /** When it ended; null while it runs. */
  finishedAt: Timestamp | null;
  /** Milliseconds it took; null while it runs. */
  durationMs: number | null;
}

/** One message of the conversation with the model. */
export interface TraceMessage {
  /** Whose it is. */
  role: 'system' | 'user' | 'assistant' | 'tool';
  /** Text, or parts as the runtime keeps them. */
  content: JsonValue;
}

/** The state at entry of a step: all that is needed to run on from there. */
export interface TaskSnapshot {
  /** The task. */
  taskId: TaskId;
  /** The step, from 1. */
  step: number;
  /** What was asked. */
  prompt: string;
  /** The agent's instruction. */
  systemPrompt: string;
  /** The conversation so far. */
  messages: TraceMessage[];
  /** What the agent remembers. */
  memory: JsonObject;
  /** Who serves the model. */
  modelProvider: string;
  /** The provider's name of the model. */
  model: string;
}

/** What a fork changes: each key replaces the recorded one; `memory` is merged into it (RFC 7396). */
export interface SnapshotOverrides {
  /** What is asked. */
  prompt?: string;
  /** The agent's instruction. */
  systemPrompt?: string;
  /** The whole conversation. */
  messages?: TraceMessage[];
  /** Merged into what the agent remembers; null removes a key. */
  memory?: JsonObject;
  /** Who serves the model. */
  modelProvider?: string;
  /** The provider's name of the model. */
  model?: string;
}

/** How a fork treats the world outside. */
export interface ForkOptions {
  /**
   * `reuse` (default): a tool call that the source made with the same arguments gives its recorded answer; a new call
   * runs. `execute`: every call runs. `block`: a new call fails.
   */
  sideEffects?: 'reuse' | 'execute' | 'block';
}

/** Where and how to fork, as it travels. */
export interface ForkTaskBody extends ForkOptions {
  /** The first step to execute anew, from 1; last + 1 goes on after the end. */
  step: number;
  /** What to change. */
  snapshot?: SnapshotOverrides;
}

/** Every step of a task, in order. */
export interface TaskTrace {
  /** The task. */
  taskId: TaskId;
  /** Where it stands. */
  status: TaskStatus;
  /** From step 1, dense. */
  steps: TraceStep[];
  /** The sum of the steps, inherited ones not counted. */
  totals: TaskUsage & {
    /** Milliseconds of all steps together. */
    durationMs: number;
  };
  /** Where the task was forked from, or null. */
  forkedFrom: ForkOrigin | null;
}

import type { JsonObject, JsonValue } from '@runctl/core';
import type { TokenUsage, TraceStep } from '@runctl/tasks';
import type { ActionOutcome, Approval, LoopAction } from '../loops/loop.ts';
import type { ModelResponse, ToolCall } from '../models/model.ts';
import { noUsage } from '../new-task/no-usage.ts';
import type { StepRow, UsageColumns } from '../store/schema.ts';
import type { CodedError } from '../task-errors/task-error-codes.ts';
import type { Wait } from './wait.ts';

// How an action and its outcome stand in a step's row, and come out of it again. One row serves the trace, the
// checkpoint and the ledger, so these two functions are each other's inverse as far as `reduce` can see.

/** What a step came to; a failed one ends its task. */
export type StepOutcome = ActionOutcome | { type: 'model_error'; error: Omit<CodedError, 'step'> };

/** A tool's part of the row: what the trace shows, and the memory that the tool left where it changed it. */
type StoredTool = NonNullable<TraceStep['tool']> & { memory?: JsonObject };

/** The columns that say what a step was and what it came to. */
export type OutcomeColumns = Pick<
  StepRow,
  | 'kind'
  | 'name'
  | 'status'
  | 'input'
  | 'output'
  | 'error'
  | 'model'
  | 'tool'
  | 'input_tokens'
  | 'cache_read_tokens'
  | 'cache_write_tokens'
  | 'output_tokens'
  | 'reasoning_tokens'
  | 'cost_microusd'
>;

const noTokens = {
  input_tokens: null,
  cache_read_tokens: null,
  cache_write_tokens: null,
  output_tokens: null,
  reasoning_tokens: null,
  cost_microusd: null,
};

/** Writes an executed action down. `replayed`: the answer is a recorded one. */
export function recordOutcome(
  step: number,
  action: LoopAction,
  outcome: StepOutcome,
  replayed: boolean,
): OutcomeColumns {
  return action.kind === 'model' ? recordModel(step, action, outcome) : recordTool(step, action, outcome, replayed);
}

/** Writes down that a step waits; what completes it later writes its outcome into the same row. */
export function recordWait({ kind, call }: Wait): OutcomeColumns {
  const tool: StoredTool = { name: nameOf(call), callId: call.callId, replayed: false };
  return {
    kind,
    name: nameOf(call),
    status: 'waiting',
    input: JSON.stringify(call.arguments),
    output: 'null',
    error: null,
    model: null,
    tool: JSON.stringify(tool),
    ...noTokens,
  };
}

function recordModel(
  step: number,
  action: Extract<LoopAction, { kind: 'model' }>,
  outcome: StepOutcome,
): OutcomeColumns {
  const response = outcome.type === 'model' ? outcome.response : undefined;
  const error = outcome.type === 'model_error' ? { ...outcome.error, step } : null;
  const { provider, model } = action.request;
  return {
    kind: action.stepKind,
    name: action.name,
    status: error === null ? 'completed' : 'failed',
    // The question is the entry's last message; it is stored there once.
    input: 'null',
    output: JSON.stringify(response === undefined ? null : modelOutput(response)),
    error: error === null ? null : JSON.stringify(error satisfies CodedError),
    model: JSON.stringify({
      provider,
      model,
      finishReason: response?.finishReason ?? null,
      simulated: response?.simulated ?? provider === 'simulated',
    } satisfies TraceStep['model']),
    tool: null,
    ...(response === undefined ? noTokens : tokenColumns(response.usage)),
  };
}

function modelOutput({ text, toolCalls }: ModelResponse): JsonValue {
  return toolCalls.length === 0 ? text : { text, toolCalls: toolCalls.map((call) => ({ ...call })) };
}

function recordTool(
  step: number,
  action: Exclude<LoopAction, { kind: 'model' }>,
  outcome: StepOutcome,
  replayed: boolean,
): OutcomeColumns {
  const { call } = action;
  const failed = outcome.type === 'tool_error' ? outcome.error : null;
  const result = outcome.type === 'tool' ? outcome.result : null;
  const memory = outcome.type === 'tool' ? outcome.memory : undefined;
  const tool: StoredTool = {
    name: nameOf(call),
    callId: call.callId,
    replayed,
    ...(memory === undefined ? {} : { memory }),
  };
  return {
    kind: action.kind === 'delegate' ? 'delegation' : call.name === 'ask_human' ? 'input' : 'tool',
    name: nameOf(call),
    status: failed === null ? 'completed' : 'failed',
    input: JSON.stringify(call.arguments),
    output: JSON.stringify(result),
    error: failed === null ? null : JSON.stringify({ ...failed, step, retryable: false } satisfies CodedError),
    model: null,
    tool: JSON.stringify(tool),
    ...noTokens,
  };
}

/** Of the name of a tool that a model made up, characters. */
const longestName = 200;

/** A name that any database takes: models make up names too. */
function nameOf({ name }: ToolCall): string {
  return name.slice(0, longestName).replace(/[\p{Cc}\p{Cs}]/gu, '?');
}

/** Reads what a person decided out of a completed approval. */
export function readApproval(row: Pick<StepRow, 'output' | 'tool'>): { callId: string; approval: Approval } {
  const { callId } = JSON.parse(row.tool ?? '{}') as StoredTool;
  return { callId, approval: JSON.parse(row.output) as Approval };
}

/** Reads the outcome of a completed or failed step back. */
export function readOutcome(row: Pick<StepRow, 'kind' | 'output' | 'error' | 'model' | 'tool'>): ActionOutcome {
  const output = JSON.parse(row.output) as JsonValue;
  if (row.tool === null) return { type: 'model', response: readResponse(output, row.model) };
  if (row.error !== null) {
    // Without the step, so that the state after a restart is the one that would have been without it.
    const { code, message } = JSON.parse(row.error) as CodedError;
    return { type: 'tool_error', error: { code, message } };
  }
  const { memory } = JSON.parse(row.tool) as StoredTool;
  return memory === undefined ? { type: 'tool', result: output } : { type: 'tool', result: output, memory };
}

function readResponse(output: JsonValue, model: string | null): ModelResponse {
  const called = model === null ? null : (JSON.parse(model) as TraceStep['model']);
  const answer = typeof output === 'object' && output !== null && !Array.isArray(output) ? output : { text: output };
  return {
    text: typeof answer.text === 'string' ? answer.text : '',
    toolCalls: 'toolCalls' in answer ? (answer.toolCalls as unknown as ToolCall[]) : [],
    finishReason: called?.finishReason ?? 'stop',
    usage: { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0, costUsd: 0 },
    simulated: called?.simulated ?? false,
  };
}

function tokenColumns(usage: TokenUsage): Omit<UsageColumns, 'steps' | 'model_calls' | 'tool_calls'> {
  return {
    input_tokens: usage.inputTokens,
    cache_read_tokens: usage.cacheReadTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    output_tokens: usage.outputTokens,
    reasoning_tokens: usage.reasoningTokens,
    cost_microusd: usage.costUsd === null ? null : Math.round(usage.costUsd * 1e6),
  };
}

/** What a step adds to the totals of its task. */
export function usageOf(action: LoopAction, outcome: StepOutcome): UsageColumns {
  const tokens = outcome.type === 'model' ? tokenColumns(outcome.response.usage) : {};
  const isTool = action.kind === 'tool';
  return { ...noUsage, steps: 1, model_calls: isTool ? 0 : 1, tool_calls: isTool ? 1 : 0, ...tokens };
}

/** What a step that waits adds: its answer, whenever it comes, adds nothing more. */
export function usageOfWait({ kind }: Wait): UsageColumns {
  return { ...noUsage, steps: 1, tool_calls: kind === 'input' ? 1 : 0 };
}

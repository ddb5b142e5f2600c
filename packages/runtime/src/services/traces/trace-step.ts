import type { JsonValue } from '@runctl/core';
import type { TaskError, TokenUsage, TraceStep } from '@runctl/tasks';
import type { StepRow } from '../../store/schema.ts';
import { formatTimestamp, formatTimestampOrNull } from '../wire/format-timestamp.ts';
import { toUsd } from '../wire/money.ts';
import { parseStored, parseStoredOrNull } from '../wire/stored-json.ts';

/** What the row of a step does not say by itself. */
export interface StepContext {
  /** The trace is that of a fork, and the step was executed before it. */
  inherited: boolean;
  /** Of a step that asks a model: the question, which the row does not repeat. */
  question?: JsonValue;
}

const nothingUsed: TokenUsage = {
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  costUsd: 0,
};

/** A step as it travels. */
export function toTraceStep(row: StepRow, { inherited, question }: StepContext): TraceStep {
  const usage = recordedUsage(row);
  return {
    taskId: row.task_id as TraceStep['taskId'],
    step: row.step,
    kind: row.kind,
    name: row.name,
    status: row.status,
    inherited,
    input: question ?? parseStored<JsonValue>(row.input),
    output: parseStored<JsonValue>(row.output),
    error: parseStoredOrNull<TaskError>(row.error),
    model: parseStoredOrNull<NonNullable<TraceStep['model']>>(row.model),
    tool: row.tool === null ? null : toTool(row.tool),
    childTaskId: row.child_task_id as TraceStep['childTaskId'],
    usage: inherited && usage !== null ? nothingUsed : usage,
    startedAt: formatTimestamp(row.started_at),
    finishedAt: formatTimestampOrNull(row.finished_at),
    durationMs: row.finished_at === null ? null : row.finished_at - row.started_at,
  };
}

/** The row also keeps the memory that the tool left; a reader sees that in the next snapshot. */
function toTool(stored: string): TraceStep['tool'] {
  const { name, callId, replayed } = parseStored<NonNullable<TraceStep['tool']>>(stored);
  return { name, callId, replayed };
}

/** What a step used when it was executed; null where it asked no model. */
export function recordedUsage(row: StepRow): TokenUsage | null {
  if (row.input_tokens === null) return null;
  return {
    inputTokens: row.input_tokens,
    cacheReadTokens: row.cache_read_tokens ?? 0,
    cacheWriteTokens: row.cache_write_tokens ?? 0,
    outputTokens: row.output_tokens ?? 0,
    reasoningTokens: row.reasoning_tokens ?? 0,
    costUsd: toUsd(row.cost_microusd),
  };
}

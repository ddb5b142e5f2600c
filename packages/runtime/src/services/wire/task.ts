import type { Task, TaskRecord, TaskUsage } from '@runctl/tasks';
import type { TaskRow, UsageColumns } from '../../store/schema.ts';
import { formatTimestamp, formatTimestampOrNull } from './format-timestamp.ts';
import { toUsd } from './money.ts';
import { parseStored, parseStoredOrNull } from './stored-json.ts';

/** Totals as they travel. */
export function toTaskUsage(row: UsageColumns): TaskUsage {
  return {
    inputTokens: row.input_tokens,
    cacheReadTokens: row.cache_read_tokens,
    cacheWriteTokens: row.cache_write_tokens,
    outputTokens: row.output_tokens,
    reasoningTokens: row.reasoning_tokens,
    costUsd: toUsd(row.cost_microusd),
    steps: row.steps,
    modelCalls: row.model_calls,
    toolCalls: row.tool_calls,
  };
}

/** A task as it travels. */
export function toTask(row: TaskRow): Task {
  const record = {
    id: row.id,
    tenantId: row.tenant_id,
    agentId: row.agent_id,
    agentVersion: row.agent_version,
    teamId: row.team_id,
    workflowId: row.workflow_id,
    batchId: row.batch_id,
    parentTaskId: row.parent_task_id,
    retryOf: row.retry_of,
    forkedFrom:
      row.forked_from_task === null ? null : { taskId: row.forked_from_task, step: row.forked_from_step ?? 1 },
    status: row.status,
    result: parseStoredOrNull(row.result),
    error: parseStoredOrNull(row.error),
    waitingFor: parseStoredOrNull(row.waiting_for),
    priority: row.priority,
    input: parseStored<TaskRecord['input']>(row.input),
    outputSchema: parseStoredOrNull<TaskRecord['outputSchema']>(row.output_schema),
    attempt: row.attempt,
    usage: toTaskUsage(row),
    simulated: row.simulated === 1,
    metadata: parseStored<TaskRecord['metadata']>(row.metadata),
    labels: parseStored<TaskRecord['labels']>(row.labels),
    version: row.version,
    scheduledFor: formatTimestampOrNull(row.scheduled_for),
    createdAt: formatTimestamp(row.created_at),
    startedAt: formatTimestampOrNull(row.started_at),
    finishedAt: formatTimestampOrNull(row.finished_at),
    updatedAt: formatTimestamp(row.updated_at),
  } satisfies Record<keyof TaskRecord | 'status' | 'result' | 'error' | 'waitingFor', unknown>;
  // The engine keeps status, result, error and what is waited for in step with each other; ids are as they were made.
  return record as unknown as Task;
}

import type { CreateTaskBody, TaskInput, TaskPriority } from '@runctl/tasks';
import { blankTask } from '../new-task/blank-task.ts';
import type { TaskRow } from '../store/schema.ts';
import { newId } from './ids.ts';
import { parseTimestamp } from './wire/format-timestamp.ts';
import { fromUsd } from './wire/money.ts';

/** Head start in the queue of the tenant, seconds. */
const headStartSeconds: Record<TaskPriority, number> = { low: -300, normal: 0, high: 300, critical: 3_600 };

/** The row of a new task, before it has its tenant. */
export function newTaskRow(
  body: CreateTaskBody,
  agentId: string | null,
  batchId: string | null,
  now: number,
): Omit<TaskRow, 'tenant_id'> {
  const { priority = 'normal' } = body;
  const input: TaskInput = { version: body.input.version ?? '1.0', payload: body.input.payload };
  const scheduledFor = body.scheduledFor === undefined ? null : parseTimestamp(body.scheduledFor);
  const isScheduled = scheduledFor !== null && scheduledFor > now;
  const dueAt = isScheduled ? scheduledFor : now;
  return {
    ...blankTask,
    id: newId('tsk', now),
    agent_id: agentId,
    batch_id: batchId,
    status: isScheduled ? 'scheduled' : 'queued',
    priority,
    order_key: now - headStartSeconds[priority] * 1_000,
    input: JSON.stringify(input),
    memory: body.memory === undefined ? null : JSON.stringify(body.memory),
    output_schema: body.outputSchema === undefined ? null : JSON.stringify(body.outputSchema),
    timeout_seconds: body.timeoutSeconds ?? null,
    max_cost_microusd: body.maxCostUsd === undefined ? null : fromUsd(body.maxCostUsd),
    scheduled_for: scheduledFor,
    expires_at: body.expiresInSeconds === undefined ? null : dueAt + Math.round(body.expiresInSeconds * 1_000),
    metadata: JSON.stringify(body.metadata ?? {}),
    labels: JSON.stringify(body.labels ?? {}),
    created_at: now,
    updated_at: now,
  };
}

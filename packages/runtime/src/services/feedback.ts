import type { SubmitFeedbackInput, TaskFeedback } from '@runctl/tasks';
import type { FeedbackRow } from '../store/service-rows.ts';
import { Failure } from './failure.ts';
import { newId } from './ids.ts';
import { isTerminal } from './task-status.ts';
import { findTask } from './tasks.ts';
import type { TenantScope, TenantWriteScope } from './tenant-scope.ts';
import { formatTimestamp } from './wire/format-timestamp.ts';
import { parseStored } from './wire/stored-json.ts';

/** What people say of results. */
export class FeedbackService {
  readonly #now: () => number;

  constructor({ now }: { now: () => number }) {
    this.#now = now;
  }

  /** @throws {Failure} `task.not_found`, `task.not_finished` */
  async submit(scope: TenantWriteScope, taskId: string, input: SubmitFeedbackInput): Promise<TaskFeedback> {
    const task = await findTask(scope, taskId);
    if (!isTerminal(task.status)) {
      throw new Failure('task.not_finished', `Task ${taskId} is ${task.status}: there is no result to judge yet.`, {
        resource: 'task',
        resourceId: taskId,
        hint: 'Wait for the task to end.',
      });
    }
    const now = this.#now();
    const row = {
      id: newId('fbk', now),
      task_id: taskId,
      agent_id: task.agent_id,
      agent_version: task.agent_version,
      simulated: task.simulated,
      verdict: input.verdict,
      comment: input.comment ?? null,
      corrected_result: JSON.stringify(input.correctedResult ?? null),
      created_at: now,
    };
    await scope.insertFeedback(row);
    return toFeedback({ ...row, tenant_id: scope.tenantId });
  }

  /** Newest first, the newest 100. By feedback_by_task. @throws {Failure} `task.not_found` */
  async list(scope: TenantScope, taskId: string): Promise<TaskFeedback[]> {
    await findTask(scope, taskId);
    const rows = await scope
      .feedback()
      .selectAll()
      .where('task_id', '=', taskId)
      .orderBy('id', 'desc')
      .limit(100)
      .execute();
    return rows.map(toFeedback);
  }
}

function toFeedback(row: FeedbackRow): TaskFeedback {
  return {
    id: row.id as TaskFeedback['id'],
    taskId: row.task_id as TaskFeedback['taskId'],
    verdict: row.verdict as TaskFeedback['verdict'],
    comment: row.comment,
    correctedResult: parseStored(row.corrected_result),
    createdAt: formatTimestamp(row.created_at),
  };
}

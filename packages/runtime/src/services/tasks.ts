import type { ValidationIssue } from '@runctl/core';
import type { CancelTaskInput, CreateTaskBody, Task } from '@runctl/tasks';
import type { TaskRow } from '../store/schema.ts';
import { Failure, invalid, notFound } from './failure.ts';
import { newId } from './ids.ts';
import type { ServiceContext } from './service-context.ts';
import { newTaskRow } from './task-row.ts';
import { isTerminal, openStatuses } from './task-status.ts';
import type { TaskWatch } from './task-watch.ts';
import type { TenantScope, TenantWriteScope } from './tenant-scope.ts';
import { toTask } from './wire/task.ts';

/** How a read waits for news. */
export interface WaitQuery {
  /** Seconds. */
  wait?: number;
  /** The version that the caller has. */
  version?: number;
}

/** A change is often followed at once by the end of the task: a held read waits this long for it, milliseconds. */
const lingerMs = 20;

/** Tasks: created, read, cancelled. */
export class TaskService {
  readonly #context: ServiceContext;
  readonly #watch: TaskWatch;

  constructor(context: ServiceContext, watch: TaskWatch) {
    this.#context = context;
    this.#watch = watch;
  }

  /** A task of an agent that is not deployed is accepted and stays queued. @throws {Failure} `agent.not_found` */
  async create(scope: TenantWriteScope, body: CreateTaskBody): Promise<Task> {
    const agentId = assignedAgent(body);
    const agent = await scope.agents().select('id').where('id', '=', agentId).executeTakeFirst();
    if (agent === undefined) throw notFound('agent', agentId);
    const [row] = await this.#insert(scope, [newTaskRow(body, agentId, null, this.#context.now())]);
    if (row === undefined) throw new TypeError('A task that was inserted has a row.');
    return toTask(row);
  }

  /** All or none, in the order of the request. @throws {Failure} `task.batch_refused`, with each refused task by its index */
  async createBatch(scope: TenantWriteScope, bodies: readonly CreateTaskBody[]): Promise<Task[]> {
    const agentIds = bodies.map(assignedAgent);
    const found = await scope
      .agents()
      .select('id')
      .where('id', 'in', [...new Set(agentIds)])
      .execute();
    const known = new Set(found.map(({ id }) => id));
    const issues = agentIds.flatMap((agentId, index): ValidationIssue[] =>
      known.has(agentId)
        ? []
        : [{ path: `/tasks/${index}/agentId`, code: 'agent.not_found', message: `There is no agent ${agentId}.` }],
    );
    if (issues.length > 0) throw invalid(issues, 'task.batch_refused');
    const now = this.#context.now();
    const batchId = newId('bat', now);
    const rows = bodies.map((body, index) => newTaskRow(body, agentIds[index] ?? '', batchId, now));
    return (await this.#insert(scope, rows)).map(toTask);
  }

  /**
   * Reads a task; with `wait`, holds until its version is above the caller's, or its end, or the time is up.
   *
   * @throws {Failure} `task.not_found`
   */
  async getById(scope: TenantScope, taskId: string, query: WaitQuery, signal: () => AbortSignal): Promise<Task> {
    if (query.wait === undefined || query.wait === 0) return toTask(await findTask(scope, taskId));
    return toTask(await this.#await(scope, taskId, query.wait * 1_000, query.version, signal()));
  }

  /** Reaches its children and what runs. Of a task that has ended: the task as it is. @throws {Failure} `task.not_found` */
  async cancel(scope: TenantWriteScope, taskId: string, input: CancelTaskInput): Promise<Task> {
    const row = await findTask(scope, taskId);
    if (isTerminal(row.status)) return toTask(row);
    const error =
      input.reason === undefined
        ? null
        : JSON.stringify({ code: 'cancelled', message: input.reason, step: null, retryable: false });
    let level = await this.#cancelAll(scope, [taskId], error);
    const cancelled = level[0] ?? (await findTask(scope, taskId));
    while (level.length > 0) level = await this.#cancelAll(scope, await openChildren(scope, level), null);
    scope.wake();
    return toTask(cancelled);
  }

  async #insert(scope: TenantWriteScope, unowned: Omit<TaskRow, 'tenant_id'>[]): Promise<TaskRow[]> {
    await this.#context.quotas.takeTasks(scope, unowned.length);
    const rows = await scope.insertTasks(unowned);
    for (const row of rows) if (row.labels !== '{}') await scope.insertLabels(row.id, toTask(row).labels);
    scope.wake();
    return rows;
  }

  async #await(
    scope: TenantScope,
    taskId: string,
    waitMs: number,
    version: number | undefined,
    signal: AbortSignal,
  ): Promise<TaskRow> {
    const watched = this.#watch.open(taskId);
    try {
      const row = await findTask(scope, taskId);
      if (isTerminal(row.status)) return row;
      const known = version ?? row.version;
      const isNews = row.version > known;
      if (!isNews) await watched.until((change) => change.version > known, waitMs, signal);
      if (isNews && this.#context.now() - row.updated_at > lingerMs) return row;
      await watched.until((change) => isTerminal(change.status), Math.min(lingerMs, waitMs), signal);
      return await findTask(scope, taskId);
    } finally {
      watched.close();
    }
  }

  async #cancelAll(scope: TenantWriteScope, taskIds: string[], error: string | null): Promise<TaskRow[]> {
    if (taskIds.length === 0) return [];
    const now = this.#context.now();
    const rows = await scope
      .updateTasks()
      .set(({ eb }) => ({
        status: 'cancelled' as const,
        error,
        waiting_for: null,
        owner: null,
        version: eb('version', '+', 1),
        finished_at: now,
        updated_at: now,
      }))
      .where('id', 'in', taskIds)
      .where('status', 'in', openStatuses)
      .returningAll()
      .execute();
    for (const { id, version, status } of rows) scope.changed({ taskId: id, version, status });
    const ids = rows.map(({ id }) => id);
    if (ids.length > 0) await scope.endCancelled(ids, now);
    return rows;
  }
}

/** @throws {Failure} `task.not_found` */
export async function findTask(scope: TenantScope, taskId: string): Promise<TaskRow> {
  const row = await scope.tasks().selectAll().where('id', '=', taskId).executeTakeFirst();
  if (row === undefined) throw notFound('task', taskId);
  return row;
}

/** By the index tasks_by_parent. */
async function openChildren(scope: TenantScope, parents: readonly TaskRow[]): Promise<string[]> {
  const ids = parents.map(({ id }) => id);
  const children = await scope
    .tasks()
    .select('id')
    .where('parent_task_id', 'in', ids)
    .where('status', 'in', openStatuses)
    .execute();
  return children.map(({ id }) => id);
}

function assignedAgent(body: CreateTaskBody): string {
  if (body.agentId !== undefined) return body.agentId;
  throw new Failure('not_implemented', 'This version of the runtime has no teams yet.', {
    hint: 'Give the task to an agent: agentId instead of teamId.',
  });
}

import type { ValidationIssue } from '@runctl/core';
import type { CancelTaskInput, CreateTaskBody, Task } from '@runctl/tasks';
import type { TaskRow } from '../store/schema.ts';
import type { CodedError } from '../task-errors/task-error-codes.ts';
import { invalid, notFound } from './failure.ts';
import { newId } from './ids.ts';
import type { ServiceContext } from './service-context.ts';
import { newTaskRow } from './task-row.ts';
import { isTerminal } from './task-status.ts';
import type { TaskWatch } from './task-watch.ts';
import { readTeamAssignment } from './teams/assignment.ts';
import { type TenantScope, type TenantWriteScope, tenantStatement } from './tenant-scope.ts';
import { toTask } from './wire/task.ts';

/** How a read waits for news. */
export interface WaitQuery {
  /** Seconds. */
  wait?: number;
  /** The version that the caller has. */
  version?: number;
}

/** A change is often followed at once by the end of the task: a held read waits this long for it, milliseconds. */
const lingerMs = 50;

/** Tasks: created, read, cancelled. */
export class TaskService {
  readonly #context: ServiceContext;
  readonly #watch: TaskWatch;

  constructor(context: ServiceContext, watch: TaskWatch) {
    this.#context = context;
    this.#watch = watch;
  }

  /**
   * A task of an agent that is not deployed is accepted and stays queued.
   *
   * @throws {Failure} `agent.not_found`, `team.not_found`
   */
  async create(scope: TenantWriteScope, body: CreateTaskBody): Promise<Task> {
    const assignment = await readAssignment(scope, body);
    if (assignment === undefined) {
      throw body.agentId === undefined ? notFound('team', body.teamId) : notFound('agent', body.agentId);
    }
    const created = { ...newTaskRow(body, null, null, this.#context.now()), ...assignment };
    const [row] = await this.#insert(scope, [created]);
    if (row === undefined) throw new TypeError('A task that was inserted has a row.');
    return toTask(row);
  }

  /** All or none, in the order of the request. @throws {Failure} `task.batch_refused`, with each refused task by its index */
  async createBatch(scope: TenantWriteScope, bodies: readonly CreateTaskBody[]): Promise<Task[]> {
    const assignments = await readAssignments(scope, bodies);
    const issues = bodies.flatMap((body, index) =>
      assignments.has(assignee(body)) ? [] : [unknownAssignee(body, index)],
    );
    if (issues.length > 0) throw invalid(issues, 'task.batch_refused');
    const now = this.#context.now();
    const batchId = newId('bat', now);
    const rows = bodies.map((body) => ({
      ...newTaskRow(body, null, batchId, now),
      ...assignments.get(assignee(body)),
    }));
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

  /** Holds until a task has ended, or the seconds are up. @throws {Failure} `task.not_found` */
  async untilEnded(scope: TenantScope, taskId: string, wait: number, signal: AbortSignal): Promise<Task> {
    const watched = this.#watch.open(taskId);
    try {
      const found = await scope.first(taskProgress, { taskId });
      if (found === undefined) throw notFound('task', taskId);
      if (!isTerminal(found.status)) await watched.until(({ status }) => isTerminal(status), wait * 1_000, signal);
      return toTask(await findTask(scope, taskId));
    } finally {
      watched.close();
    }
  }

  /** Reaches its children and what runs. Of a task that has ended: the task as it is. @throws {Failure} `task.not_found` */
  async cancel(scope: TenantWriteScope, taskId: string, input: CancelTaskInput): Promise<Task> {
    const row = await findTask(scope, taskId);
    if (isTerminal(row.status)) return toTask(row);
    const error =
      input.reason === undefined
        ? null
        : JSON.stringify({
            code: 'cancelled',
            message: input.reason,
            step: null,
            retryable: false,
          } satisfies CodedError);
    await scope.cancelTasks([taskId], error, this.#context.now());
    return toTask(await findTask(scope, taskId));
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
      const found = await scope.first(taskProgress, { taskId });
      if (found === undefined) throw notFound('task', taskId);
      if (isTerminal(found.status)) return await findTask(scope, taskId);
      const known = version ?? found.version;
      const isNews = found.version > known;
      if (!isNews) await watched.until((change) => change.version > known, waitMs, signal);
      if (isNews && this.#context.now() - found.updated_at > lingerMs) return await findTask(scope, taskId);
      await watched.until((change) => isTerminal(change.status), Math.min(lingerMs, waitMs), signal);
      return await findTask(scope, taskId);
    } finally {
      watched.close();
    }
  }
}

/** By primary key. */
const taskById = tenantStatement((scope, { taskId }: { taskId: string }) =>
  scope.tasks().selectAll().where('id', '=', taskId),
);

/** Where a task stands, which is all that waiting for it looks at. By primary key. */
const taskProgress = tenantStatement((scope, { taskId }: { taskId: string }) =>
  scope.tasks().select(['version', 'status', 'updated_at']).where('id', '=', taskId),
);

/** By primary key. */
const agentById = tenantStatement((scope, { agentId }: { agentId: string }) =>
  scope.agents().select('id').where('id', '=', agentId),
);

/** @throws {Failure} `task.not_found` */
export async function findTask(scope: TenantScope, taskId: string): Promise<TaskRow> {
  const row = await scope.first(taskById, { taskId });
  if (row === undefined) throw notFound('task', taskId);
  return row;
}

/** Whom a task is for: the id of an agent or a team. */
function assignee({ agentId, teamId = '' }: CreateTaskBody): string {
  return agentId ?? teamId;
}

/** What the task's row says of it; undefined where there is no such agent or team. By primary key. */
async function readAssignment(
  scope: TenantScope,
  { agentId, teamId = '' }: CreateTaskBody,
): Promise<Partial<TaskRow> | undefined> {
  if (agentId === undefined) return readTeamAssignment(scope, teamId);
  const agent = await scope.first(agentById, { agentId });
  return agent === undefined ? undefined : { agent_id: agent.id };
}

/** By the id of the assignee. */
async function readAssignments(
  scope: TenantScope,
  bodies: readonly CreateTaskBody[],
): Promise<ReadonlyMap<string, Partial<TaskRow>>> {
  const assignments = new Map<string, Partial<TaskRow>>();
  const agentIds = new Set(bodies.flatMap(({ agentId }) => agentId ?? []));
  const teamIds = new Set(bodies.flatMap(({ teamId }) => teamId ?? []));
  const found =
    agentIds.size === 0
      ? []
      : await scope
          .agents()
          .select('id')
          .where('id', 'in', [...agentIds])
          .execute();
  for (const { id } of found) assignments.set(id, { agent_id: id });
  for (const id of teamIds) {
    const assignment = await readTeamAssignment(scope, id);
    if (assignment !== undefined) assignments.set(id, assignment);
  }
  return assignments;
}

function unknownAssignee({ agentId, teamId }: CreateTaskBody, index: number): ValidationIssue {
  const path = `/tasks/${index}`;
  return agentId === undefined
    ? { path: `${path}/teamId`, code: 'team.not_found', message: `There is no team ${teamId}.` }
    : { path: `${path}/agentId`, code: 'agent.not_found', message: `There is no agent ${agentId}.` };
}

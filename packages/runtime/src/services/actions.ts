import type { JsonValue } from '@runctl/core';
import type { ApproveTaskInput, RejectTaskInput, RespondToTaskInput, Task, TaskWait } from '@runctl/tasks';
import type { Approval } from '../loops/loop.ts';
import { findMisfits } from '../schema/json-schema.ts';
import type { TaskRow } from '../store/schema.ts';
import { Failure, invalid } from './failure.ts';
import type { ServiceContext } from './service-context.ts';
import { findTask } from './tasks.ts';
import type { TenantWriteScope } from './tenant-scope.ts';
import { readTaskConfig } from './traces/task-config.ts';
import { parseStoredOrNull } from './wire/stored-json.ts';
import { toTask } from './wire/task.ts';

type Awaited<Kind extends TaskWait['kind']> = Extract<TaskWait, { kind: Kind }>;

/** What people decide about tasks that wait for them. The task goes on at once, first in its queue. */
export class ActionService {
  readonly #context: Pick<ServiceContext, 'now'>;

  constructor(context: Pick<ServiceContext, 'now'>) {
    this.#context = context;
  }

  /**
   * Lets the tool call run, with other arguments where some are given.
   *
   * @throws {Failure} `task.not_found`; `task.not_waiting` - for no approval; `request.invalid` - the arguments do not
   * fit the tool's schema
   */
  async approve(scope: TenantWriteScope, taskId: string, input: ApproveTaskInput): Promise<Task> {
    const { row, waitingFor } = await findWaiting(scope, taskId, 'approval');
    const { arguments: edited = null, comment = null } = input;
    if (edited !== null) await checkArguments(scope, row, waitingFor.toolName, edited);
    return this.#answer(scope, row, { approved: true, arguments: edited, comment } satisfies Approval);
  }

  /** The call does not run; the model is told why and goes on. @throws {Failure} `task.not_found`, `task.not_waiting` */
  async reject(scope: TenantWriteScope, taskId: string, input: RejectTaskInput): Promise<Task> {
    const { row } = await findWaiting(scope, taskId, 'approval');
    const { reason = null } = input;
    return this.#answer(scope, row, { approved: false, arguments: null, comment: reason } satisfies Approval);
  }

  /**
   * Answers what the task asked.
   *
   * @throws {Failure} `task.not_found`; `task.not_waiting` - for no answer; `request.invalid` - the answer does not fit
   * the question's schema
   */
  async respond(scope: TenantWriteScope, taskId: string, { answer }: RespondToTaskInput): Promise<Task> {
    const { row, waitingFor } = await findWaiting(scope, taskId, 'input');
    if (waitingFor.schema !== null) checkFit(answer, waitingFor.schema, '/answer');
    return this.#answer(scope, row, answer);
  }

  async #answer(scope: TenantWriteScope, row: TaskRow, output: JsonValue): Promise<Task> {
    const isDone = await scope.completeWait(row.id, { output: JSON.stringify(output), now: this.#context.now() });
    if (!isDone) throw notWaiting(await findTask(scope, row.id));
    return toTask(await findTask(scope, row.id));
  }
}

async function findWaiting<Kind extends 'approval' | 'input'>(
  scope: TenantWriteScope,
  taskId: string,
  kind: Kind,
): Promise<{ row: TaskRow; waitingFor: Awaited<Kind> }> {
  const row = await findTask(scope, taskId);
  const waitingFor = parseStoredOrNull<TaskWait>(row.waiting_for);
  if (row.status === 'waiting' && waitingFor?.kind === kind) return { row, waitingFor: waitingFor as Awaited<Kind> };
  throw notWaiting(row);
}

async function checkArguments(
  scope: TenantWriteScope,
  row: TaskRow,
  toolName: string,
  edited: Record<string, JsonValue>,
): Promise<void> {
  const { config } = await readTaskConfig(scope, row);
  const tool = (config.tools ?? []).find((each) => typeof each !== 'string' && each.name === toolName);
  if (tool !== undefined && typeof tool !== 'string') checkFit(edited, tool.inputSchema, '/arguments');
}

function checkFit(value: JsonValue, schema: Parameters<typeof findMisfits>[1], path: string): void {
  const misfits = findMisfits(value, schema);
  if (misfits.length === 0) return;
  throw invalid(misfits.map((misfit) => ({ path: `${path}${misfit.path}`, code: 'schema', message: misfit.message })));
}

/** What answers each kind of wait. */
const answers: Record<TaskWait['kind'], string> = {
  approval: 'It waits for an approval: approve or reject it.',
  input: 'It waits for an answer: respond to it.',
  children: 'It waits for tasks that it handed out, and goes on when they end.',
  budget: 'It waits for a spend limit of the tenant.',
};

function notWaiting({ id, status, waiting_for }: TaskRow): Failure {
  const waitingFor = parseStoredOrNull<TaskWait>(waiting_for);
  return new Failure('task.not_waiting', `Task ${id} is ${status} and does not wait for this.`, {
    resource: 'task',
    resourceId: id,
    ...(waitingFor === null ? {} : { hint: answers[waitingFor.kind] }),
  });
}

import type { JsonObject } from '@runctl/core';
import type { WorkflowStatus } from '@runctl/workflows';
import { advance } from '../../engine/workflows/advance.ts';
import type { DefinitionPlans } from '../../engine/workflows/definition-plans.ts';
import { stepTaskRow, workflowRow } from '../../engine/workflows/new-workflow.ts';
import type { Plan } from '../../engine/workflows/plan.ts';
import type { TaskOrder, WorkflowOrder } from '../../engine/workflows/step-book.ts';
import type { StepState } from '../../engine/workflows/step-state.ts';
import { stepStatusEvent, workflowStatusEvent } from '../../engine/workflows/workflow-events.ts';
import type { Advanced, ChildOutcome, WorkflowNews } from '../../engine/workflows/workflow-now.ts';
import { findMisfits } from '../../schema/json-schema.ts';
import type { TaskRow } from '../../store/schema.ts';
import type { WriteTransaction } from '../../store/store.ts';
import type { WorkflowRow, WorkflowSignalRow } from '../../store/workflow-rows.ts';
import {
  lockWorkflows,
  newestVersion,
  readOutcomes,
  readSteps,
  takeSignals,
  toStepRow,
} from '../../store/workflow-tables.ts';
import { PendingWrites } from './pending-writes.ts';

// One transition: lock workflows, take what was signalled to them, move them on, write what that changes. All of it is
// one transaction, so a process that dies in it has changed nothing and the signals are still there.

/** Why a task may not be made. */
export interface Refusal {
  code: string;
  message: string;
}

/** Which tasks are let in. */
export interface Admission {
  /** By the id of the task; those that have none are made. */
  refusals: ReadonlyMap<string, Refusal>;
  /** Whom a team's task is for, by the id of the task. */
  assignments: ReadonlyMap<string, Partial<TaskRow>>;
}

/** What a transition needs besides its transaction. */
export interface TransitionParts {
  plans: DefinitionPlans;
  newId: (prefix: 'tsk' | 'wfl', now: number) => string;
  now: () => number;
  /** Lets tasks in, or says why not. */
  admit: (transaction: WriteTransaction, tenantId: string, orders: readonly TaskOrder[]) => Promise<Admission>;
  onError: (error: unknown) => void;
}

/** The signal of a workflow that is to be cancelled with the one around it. */
export const cancelSignal = 'cancel';
/** The signal of a workflow that is to begin. */
export const startSignal = 'start';

const nobody: Admission = { refusals: new Map(), assignments: new Map() };

/** Refusals in a row that one transition answers; each may begin other steps. */
const mostRounds = 1_000;

/** Which workflows to move on. */
export interface TransitionTarget {
  ids: readonly string[];
  /** Besides what was signalled. */
  news?: WorkflowNews;
  /** Leaves out what another process moves on right now. */
  skipLocked?: boolean;
}

/** Moves workflows on. Those that have ended stay as they are. */
export async function moveOn(
  transaction: WriteTransaction,
  parts: TransitionParts,
  { ids, news = {}, skipLocked = false }: TransitionTarget,
): Promise<void> {
  const { query } = transaction;
  const rows = await lockWorkflows(query, ids, skipLocked);
  if (rows.length === 0) return;
  const locked = rows.map(({ id }) => id);
  const signals = await takeSignals(query, locked);
  const open = rows.filter(({ status }) => isLive(status));
  const [outcomes, steps] = [
    await readOutcomes(
      query,
      signals.map(({ signal }) => signal),
    ),
    await readSteps(
      query,
      open.map(({ id }) => id),
    ),
  ];
  const writes = new PendingWrites(transaction, parts.now());
  for (const row of open) {
    const own = signals.filter(({ workflow_id }) => workflow_id === row.id);
    const workflow = { row, steps: steps.get(row.id) ?? [], news: { ...news, ...newsOf(own, outcomes) } };
    await new Transition(transaction, parts, writes, workflow).run();
  }
  await writes.flush();
}

/** Adds a workflow and moves it on as far as it goes; its row afterwards. `steps`: those that it begins with, stored. */
export async function beginWorkflow(
  transaction: WriteTransaction,
  parts: TransitionParts,
  row: WorkflowRow,
  steps: readonly StepState[],
): Promise<WorkflowRow> {
  transaction.addEvents([workflowStatusEvent(row)]);
  const writes = new PendingWrites(transaction, parts.now());
  const begun = await new Transition(transaction, parts, writes, { row, steps, news: {} }).run();
  await writes.flush();
  return begun;
}

/** Whether a workflow has not ended. */
export function isLive(status: WorkflowStatus): boolean {
  return status === 'queued' || status === 'running' || status === 'waiting';
}

function newsOf(signals: readonly WorkflowSignalRow[], outcomes: ReadonlyMap<string, ChildOutcome>): WorkflowNews {
  return {
    outcomes: signals.flatMap(({ signal }) => outcomes.get(signal) ?? []),
    ...(signals.some(({ signal }) => signal === cancelSignal)
      ? { cancel: { reason: 'The workflow around it has ended.' } }
      : {}),
  };
}

interface TransitionSubject {
  row: WorkflowRow;
  steps: readonly StepState[];
  news: WorkflowNews;
}

class Transition {
  readonly #transaction: WriteTransaction;
  readonly #parts: TransitionParts;
  readonly #writes: PendingWrites;
  readonly #subject: TransitionSubject;
  readonly #now: number;

  constructor(
    transaction: WriteTransaction,
    parts: TransitionParts,
    writes: PendingWrites,
    subject: TransitionSubject,
  ) {
    this.#writes = writes;
    this.#transaction = transaction;
    this.#parts = parts;
    this.#subject = subject;
    this.#now = parts.now();
  }

  /** The row as it is afterwards. */
  async run(): Promise<WorkflowRow> {
    const { row } = this.#subject;
    const advanced = await this.#advance();
    return isChange(advanced, row) ? this.#write(advanced) : row;
  }

  async #advance(): Promise<Advanced> {
    const { row } = this.#subject;
    const { query } = this.#transaction;
    const definition = await this.#parts.plans.get(query, row.definition_id, row.definition_version);
    if (definition === undefined) return this.#broken();
    try {
      return await this.#untilAdmitted(definition.plan);
    } catch (error) {
      // A bug must not stop the workflows beside this one, nor leave it running for ever.
      this.#parts.onError(error);
      return this.#broken();
    }
  }

  /** Steps whose tasks are not let in fail, which may begin others. */
  async #untilAdmitted(plan: Plan): Promise<Advanced> {
    const { row, steps, news } = this.#subject;
    const context = { now: this.#now, newId: this.#parts.newId };
    const input = JSON.parse(row.input) as JsonObject;
    const workflow = { plan, status: row.status, input, depth: row.depth, startedAt: row.started_at };
    let advanced = advance({ ...workflow, steps }, news, context);
    for (let round = 0; round < mostRounds; round += 1) {
      const refused = await this.#refused(advanced);
      if (refused.length === 0) return advanced;
      const after = afterwards(steps, advanced);
      const next = advance(
        { ...workflow, status: advanced.status, startedAt: advanced.startedAt, steps: after },
        { outcomes: refused },
        context,
      );
      const gone = new Set(refused.map(({ id }) => id));
      advanced = joined(advanced, next, gone);
    }
    return advanced;
  }

  async #refused({ tasks, workflows }: Advanced): Promise<ChildOutcome[]> {
    const { tenant_id } = this.#subject.row;
    const waiting = tasks.filter(({ taskId }) => !this.#admitted.has(taskId));
    const { refusals, assignments } =
      waiting.length === 0 ? nobody : await this.#parts.admit(this.#transaction, tenant_id, waiting);
    for (const [taskId, assignment] of assignments) this.#assignments.set(taskId, assignment);
    for (const { taskId } of waiting) if (!refusals.has(taskId)) this.#admitted.add(taskId);
    const nested = await Promise.all(workflows.map((order) => this.#nestedRefusal(order)));
    return [...[...refusals].map(([id, error]) => failed(id, error)), ...nested.flatMap((refusal) => refusal ?? [])];
  }

  readonly #admitted = new Set<string>();
  readonly #assignments = new Map<string, Partial<TaskRow>>();
  readonly #nested = new Map<string, WorkflowRow>();

  async #nestedRefusal({ workflowId, workflowDefinitionId, input }: WorkflowOrder): Promise<ChildOutcome | null> {
    if (this.#nested.has(workflowId)) return null;
    const { row } = this.#subject;
    const { query } = this.#transaction;
    const found = await newestVersion(query, row.tenant_id, workflowDefinitionId);
    const definition =
      found === undefined ? undefined : await this.#parts.plans.get(query, workflowDefinitionId, found);
    if (found === undefined || definition === undefined) {
      const message = `There is no workflow definition ${workflowDefinitionId}.`;
      return failed(workflowId, { code: 'workflow_definition.not_found', message });
    }
    const misfit = definition.inputSchema === null ? undefined : findMisfits(input, definition.inputSchema)[0];
    if (misfit !== undefined) {
      const message = `The input of the nested workflow does not fit its schema: ${misfit.path} ${misfit.message}`;
      return failed(workflowId, { code: 'request.invalid', message });
    }
    const nested = workflowRow({
      id: workflowId,
      tenantId: row.tenant_id,
      definitionId: workflowDefinitionId,
      definitionVersion: found,
      input,
      parent: row,
      retryOf: null,
      metadata: {},
      labels: {},
      now: this.#now,
    });
    this.#nested.set(workflowId, nested);
    return null;
  }

  #broken(): Advanced {
    const { row, steps } = this.#subject;
    const open = steps.filter(({ status }) => status === 'pending' || status === 'running' || status === 'waiting');
    return {
      changed: open.map((step) => ({ ...step, status: 'cancelled', dueAt: null, finishedAt: this.#now })),
      removed: [],
      tasks: [],
      workflows: [],
      cancelledTasks: open.flatMap(({ taskId }) => taskId ?? []),
      cancelledWorkflows: open.flatMap(({ childWorkflowId }) => childWorkflowId ?? []),
      status: 'failed',
      output: null,
      error: {
        code: 'internal',
        message: 'The runtime failed while it moved this workflow on; its log has the details.',
        stepId: null,
      },
      currentStepIds: [],
      startedAt: row.started_at ?? this.#now,
      dueAt: null,
    };
  }

  #write(advanced: Advanced): WorkflowRow {
    const { row: before } = this.#subject;
    const isEnd = !isLive(advanced.status);
    const row: WorkflowRow = {
      ...before,
      status: advanced.status,
      output: advanced.status === 'completed' ? JSON.stringify(advanced.output) : null,
      error: advanced.error === null ? null : JSON.stringify(advanced.error),
      current_step_ids: JSON.stringify(advanced.currentStepIds),
      version: before.version + 1,
      due_at: isEnd ? null : advanced.dueAt,
      started_at: advanced.startedAt,
      finished_at: isEnd ? this.#now : null,
      updated_at: this.#now,
    };
    const { tenant_id } = row;
    const writes = this.#writes;
    writes.workflow(
      row,
      advanced.changed.map((step) => toStepRow(row, step)),
      advanced.removed,
    );
    writes.tasks(
      advanced.tasks.map((order) => ({
        ...stepTaskRow(row, order, this.#now),
        ...this.#assignments.get(order.taskId),
      })),
    );
    for (const { workflowId } of advanced.workflows) {
      const nested = this.#nested.get(workflowId);
      if (nested !== undefined) writes.nested(nested, startSignal);
    }
    writes.cancel(tenant_id, advanced.cancelledTasks);
    for (const workflowId of advanced.cancelledWorkflows) writes.signal(tenant_id, workflowId, cancelSignal);
    if (isEnd && row.parent_workflow_id !== null) writes.signal(tenant_id, row.parent_workflow_id, row.id);
    this.#tell(before, row, advanced);
    return row;
  }

  #tell(before: WorkflowRow, row: WorkflowRow, { changed }: Advanced): void {
    const known = new Map(this.#subject.steps.map((step) => [step.key, step.status]));
    // A step that is new and pending is no news.
    const news = changed.filter(({ key, status }) => status !== (known.get(key) ?? 'pending'));
    const isOther = before.status !== row.status || before.current_step_ids !== row.current_step_ids;
    this.#transaction.addEvents([
      ...news.map((step) => stepStatusEvent(row, step, this.#now)),
      ...(isOther ? [workflowStatusEvent(row)] : []),
    ]);
    // Who waits for a version looks, whatever has changed.
    this.#transaction.poke(row.id);
  }
}

function isChange({ changed, removed, status, dueAt }: Advanced, row: WorkflowRow): boolean {
  return changed.length > 0 || removed.length > 0 || status !== row.status || (isLive(status) && dueAt !== row.due_at);
}

function failed(id: string, error: Refusal): ChildOutcome {
  return { id, status: 'failed', output: null, error };
}

/** The steps as an advance leaves them. */
export function afterwards(steps: readonly StepState[], { changed, removed }: Advanced): StepState[] {
  const after = new Map(steps.map((step) => [step.key, step]));
  for (const key of removed) after.delete(key);
  for (const step of changed) after.set(step.key, step);
  return [...after.values()];
}

/** Two advances as one; what was refused is handed out by neither. */
function joined(first: Advanced, second: Advanced, refused: ReadonlySet<string>): Advanced {
  const cancelled = new Set([...second.cancelledTasks, ...second.cancelledWorkflows]);
  const isWanted = (id: string) => !refused.has(id) && !cancelled.has(id);
  const fresh = new Set([
    ...first.tasks.map(({ taskId }) => taskId),
    ...first.workflows.map(({ workflowId }) => workflowId),
  ]);
  const changed = new Map(first.changed.map((step) => [step.key, step]));
  for (const key of second.removed) changed.delete(key);
  for (const step of second.changed) changed.set(step.key, step);
  return {
    ...second,
    changed: [...changed.values()].map((step) => withoutTask(step, refused)),
    removed: [...new Set([...first.removed, ...second.removed])].filter((key) => !changed.has(key)),
    tasks: [...first.tasks.filter(({ taskId }) => isWanted(taskId)), ...second.tasks],
    workflows: [...first.workflows.filter(({ workflowId }) => isWanted(workflowId)), ...second.workflows],
    cancelledTasks: [...first.cancelledTasks, ...second.cancelledTasks.filter((id) => !fresh.has(id))],
    cancelledWorkflows: [...first.cancelledWorkflows, ...second.cancelledWorkflows.filter((id) => !fresh.has(id))],
  };
}

/** A step names no task that was never made. */
function withoutTask(step: StepState, refused: ReadonlySet<string>): StepState {
  if (!refused.has(step.taskId ?? '') && !refused.has(step.childWorkflowId ?? '')) return step;
  return { ...step, taskId: null, childWorkflowId: null };
}

import type { JsonObject } from '@runctl/core';
import type { WorkflowStatus } from '@runctl/workflows';
import { advance } from '../../engine/workflows/advance.ts';
import { afterwards, joined } from '../../engine/workflows/joined-advances.ts';
import { stepTaskRow, workflowRow } from '../../engine/workflows/new-workflow.ts';
import type { Plan } from '../../engine/workflows/plan.ts';
import type { WorkflowOrder } from '../../engine/workflows/step-book.ts';
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
  toStepState,
} from '../../store/workflow-tables.ts';
import { PendingWrites } from './pending-writes.ts';
import { type RememberedSteps, type StepMemory, sizeOf } from './step-memory.ts';
import type { Admission, Admit, Refusal, TransitionParts } from './transition-parts.ts';

// One transition: lock workflows, take what was signalled to them, move them on, write what that changes. All of it is
// one transaction, so a process that dies in it has changed nothing and the signals are still there.

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

/**
 * Moves workflows on. Those that have ended stay as they are.
 *
 * @returns what to do once this is committed, and only then
 */
export async function moveOn(
  transaction: WriteTransaction,
  parts: TransitionParts,
  { ids, news = {}, skipLocked = false }: TransitionTarget,
): Promise<() => void> {
  const { query } = transaction;
  const rows = await lockWorkflows(query, ids, skipLocked);
  if (rows.length === 0) return () => undefined;
  const locked = rows.map(({ id }) => id);
  const signals = await takeSignals(query, locked);
  const open = rows.filter(({ status }) => isLive(status));
  const outcomes = await readOutcomes(
    query,
    signals.map(({ signal }) => signal),
  );
  const known = await knownSteps(transaction, parts.memory, open);
  const around = aroundOf(transaction, parts);
  const moved: Transition[] = [];
  for (const row of open) {
    const own = signals.filter(({ workflow_id }) => workflow_id === row.id);
    const subject = { row, known: known(row), news: { ...news, ...newsOf(own, outcomes) } };
    const transition = new Transition(around, subject);
    if (await transition.run()) around.writes.move(transition.row);
    moved.push(transition);
  }
  await around.writes.flush();
  return () => {
    for (const transition of moved) transition.remember();
  };
}

/** Adds a workflow and moves it on as far as it goes; its row afterwards. `steps`: those that it begins with, stored. */
export async function beginWorkflow(
  transaction: WriteTransaction,
  parts: TransitionParts,
  row: WorkflowRow,
  steps: readonly StepState[],
): Promise<WorkflowRow> {
  transaction.addEvents([workflowStatusEvent(row)]);
  const around = aroundOf(transaction, parts);
  const known = { version: row.version, steps, size: 0 };
  const transition = new Transition(around, { row, known, news: {} });
  await transition.run();
  around.writes.make(transition.row);
  await around.writes.flush();
  return transition.row;
}

/** Steps as they are remembered; those of other workflows are read together. */
async function knownSteps(
  { query }: WriteTransaction,
  memory: StepMemory,
  rows: readonly WorkflowRow[],
): Promise<(row: WorkflowRow) => RememberedSteps> {
  const known = new Map<string, RememberedSteps>();
  for (const { id, version } of rows) {
    const remembered = memory.get(id, version);
    if (remembered !== undefined) known.set(id, remembered);
  }
  const read = new Map<string, { steps: StepState[]; size: number }>();
  for (const { id } of rows) if (!known.has(id)) read.set(id, { steps: [], size: 0 });
  for (const row of await readSteps(query, [...read.keys()])) {
    const own = read.get(row.workflow_id);
    own?.steps.push(toStepState(row));
    if (own !== undefined) own.size += sizeOf(row);
  }
  return ({ id, version }) => known.get(id) ?? { version, steps: [], size: 0, ...read.get(id) };
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

/** What the transitions of one transaction share. */
interface Around {
  transaction: WriteTransaction;
  parts: TransitionParts;
  writes: PendingWrites;
  admit: Admit;
  now: number;
}

function aroundOf(transaction: WriteTransaction, parts: TransitionParts): Around {
  const now = parts.now();
  const writes = new PendingWrites(transaction, now);
  return { transaction, parts, writes, admit: parts.admission(transaction), now };
}

interface TransitionSubject {
  row: WorkflowRow;
  known: RememberedSteps;
  news: WorkflowNews;
}

class Transition {
  readonly #transaction: WriteTransaction;
  readonly #parts: TransitionParts;
  readonly #around: Around;
  readonly #now: number;
  #subject: TransitionSubject;

  constructor(around: Around, subject: TransitionSubject) {
    this.#around = around;
    this.#transaction = around.transaction;
    this.#parts = around.parts;
    this.#now = around.now;
    this.#subject = subject;
  }

  /** The row as it is now, once this has run. */
  get row(): WorkflowRow {
    return this.#subject.row;
  }

  /** Whether it has changed anything. */
  async run(): Promise<boolean> {
    const advanced = await this.#advance();
    if (!isChange(advanced, this.#subject.row)) return false;
    this.#subject = this.#write(advanced);
    return true;
  }

  /** To be called once it is committed. */
  remember(): void {
    const { row, known } = this.#subject;
    if (isLive(row.status)) this.#parts.memory.set(row.id, known);
    else this.#parts.memory.forget(row.id);
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
    const { row, known, news } = this.#subject;
    const { steps } = known;
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
    const { refusals, assignments } = waiting.length === 0 ? nobody : await this.#around.admit(tenant_id, waiting);
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
    const { row, known } = this.#subject;
    const open = known.steps.filter(
      ({ status }) => status === 'pending' || status === 'running' || status === 'waiting',
    );
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

  #write(advanced: Advanced): TransitionSubject {
    const { row: before, known, news } = this.#subject;
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
    const { writes } = this.#around;
    const changed = advanced.changed.map((step) => toStepRow(row, step));
    writes.steps(row, changed, advanced.removed);
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
    const size = changed.reduce((sum, step) => sum + sizeOf(step), known.size);
    return { row, news, known: { version: row.version, steps: afterwards(known.steps, advanced), size } };
  }

  #tell(before: WorkflowRow, row: WorkflowRow, { changed }: Advanced): void {
    const known = new Map(this.#subject.known.steps.map((step) => [step.key, step.status]));
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

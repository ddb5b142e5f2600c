import { workflowStatusEvent } from '../../engine/workflows/workflow-events.ts';
import { cancelTasks } from '../../store/cancel-tasks.ts';
import type { TaskRow } from '../../store/schema.ts';
import type { WriteTransaction } from '../../store/store.ts';
import type { WorkflowRow, WorkflowSignalRow, WorkflowStepRow } from '../../store/workflow-rows.ts';
import { signalsOf } from '../../store/workflow-signals.ts';
import { insertWorkflows, leaveSignals, moveWorkflows, removeSteps, writeSteps } from '../../store/workflow-tables.ts';

/** What moving workflows on changes, written together: a statement a table, however many workflows there are. */
export class PendingWrites {
  readonly #transaction: WriteTransaction;
  readonly #now: number;
  readonly #made: WorkflowRow[] = [];
  readonly #moved: WorkflowRow[] = [];
  readonly #steps: WorkflowStepRow[] = [];
  readonly #tasks: TaskRow[] = [];
  readonly #signals: WorkflowSignalRow[] = [];
  readonly #removed: { workflowId: string; keys: readonly string[] }[] = [];
  readonly #cancelled: { tenantId: string; taskIds: readonly string[] }[] = [];

  constructor(transaction: WriteTransaction, now: number) {
    this.#transaction = transaction;
    this.#now = now;
  }

  /** A workflow to be made, as it is now. */
  make(row: WorkflowRow): void {
    this.#made.push(row);
  }

  /** A workflow that is there, as it is now. */
  move(row: WorkflowRow): void {
    this.#moved.push(row);
  }

  /** Those of a workflow's steps that are otherwise than before. */
  steps(row: WorkflowRow, steps: readonly WorkflowStepRow[], removed: readonly string[]): void {
    this.#steps.push(...steps);
    if (removed.length > 0) this.#removed.push({ workflowId: row.id, keys: removed });
  }

  /** Tasks to be made. */
  tasks(rows: readonly TaskRow[]): void {
    this.#tasks.push(...rows);
  }

  /** A nested workflow to be made, which begins by itself. */
  nested(row: WorkflowRow, signal: string): void {
    this.make(row);
    this.#transaction.addEvents([workflowStatusEvent(row)]);
    this.signal(row.tenant_id, row.id, signal);
  }

  /** Tasks to be cancelled. */
  cancel(tenantId: string, taskIds: readonly string[]): void {
    if (taskIds.length > 0) this.#cancelled.push({ tenantId, taskIds });
  }

  /** Something that another workflow is to be told. */
  signal(tenantId: string, workflowId: string, signal: string): void {
    this.#signals.push({ workflow_id: workflowId, signal, tenant_id: tenantId });
    this.#transaction.poke(signalsOf(workflowId));
  }

  /** Writes it all. */
  async flush(): Promise<void> {
    const { query } = this.#transaction;
    for (const { workflowId, keys } of this.#removed) await removeSteps(query, workflowId, keys);
    await writeSteps(query, this.#steps);
    await insertWorkflows(query, this.#made);
    await moveWorkflows(query, this.#moved);
    if (this.#tasks.length > 0) {
      await this.#transaction.insertTasks(this.#tasks);
      this.#transaction.wake();
    }
    for (const { tenantId, taskIds } of this.#cancelled) {
      await cancelTasks(this.#transaction, taskIds, { tenantId, error: null, now: this.#now });
    }
    await leaveSignals(query, this.#signals);
  }
}

import type { TaskRow } from '../store/schema.ts';
import type { StepCommit } from '../store/store.ts';
import type { Log } from './log.ts';
import type { RuntimeMetrics } from './runtime-metrics.ts';
import type { TaskSpans } from './task-spans.ts';

/** Counts what the engine of this process does, and says how tasks end. */
export class TaskFigures {
  readonly #metrics: RuntimeMetrics;
  readonly #log: Log;
  readonly #spans: TaskSpans | undefined;
  readonly #now: () => number;
  readonly #rows = new Map<string, TaskRow>();

  constructor(parts: { metrics: RuntimeMetrics; log: Log; spans: TaskSpans | undefined; now: () => number }) {
    this.#metrics = parts.metrics;
    this.#log = parts.log;
    this.#spans = parts.spans;
    this.#now = parts.now;
  }

  took(task: TaskRow): void {
    this.#rows.set(task.id, task);
    this.#spans?.took(task);
    // What is taken up again has waited for something else before.
    if (task.epoch > 1) return;
    const readySince = Math.max(task.created_at, task.scheduled_for ?? 0);
    this.#metrics.pickupSeconds.observe(Math.max(0, this.#now() - readySince) / 1e3);
  }

  left(task: TaskRow): void {
    this.#rows.delete(task.id);
    this.#spans?.left(task);
  }

  /** A commit that the store has taken. `tookMs`: since it was given to the store. */
  committed(commit: StepCommit, tookMs: number): void {
    const { step, moreSteps, end } = commit;
    this.#metrics.commitSeconds.observe(tookMs / 1e3);
    if (step !== undefined) this.#metrics.steps.add(1, step.kind, step.status);
    if (moreSteps !== undefined) for (const each of moreSteps) this.#metrics.steps.add(1, each.kind, each.status);
    this.#spans?.committed(commit);
    if (end !== undefined) this.#ended(commit, end);
  }

  #ended({ lease, now }: StepCommit, end: NonNullable<StepCommit['end']>): void {
    const { status } = end;
    this.#metrics.taskRuns.add(1, status === 'queued' ? 'handed_back' : status);
    if (status !== 'completed' && status !== 'failed') return;
    const task = this.#rows.get(lease.taskId);
    if (task === undefined) return;
    const tookMs = now - task.created_at;
    this.#metrics.taskSeconds.observe(tookMs / 1e3, status);
    const failed = status === 'failed';
    if (!this.#log.isOn(failed ? 'info' : 'debug')) return;
    const { id: taskId, tenant_id: tenantId, agent_id: agentId, attempt } = task;
    const fields = { taskId, tenantId, agentId, attempt, tookMs };
    if (!failed) this.#log.debug('task completed', fields);
    else this.#log.info('task failed', { ...fields, code: (JSON.parse(end.error) as { code?: string }).code });
  }
}

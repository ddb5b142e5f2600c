import type { TaskObserver } from '../../engine/instance-board.ts';
import type { TaskRow } from '../../store/schema.ts';
import type { AgentLogRow } from '../../store/service-rows.ts';
import type { Store } from '../../store/store.ts';
import { newId } from '../ids.ts';
import { TenantScope, TenantWriteScope } from '../tenant-scope.ts';
import { levelNumber } from './log-level.ts';
import { endLine, type Line, type LoggedStep, type LoggedTask, startLine, stepLine } from './task-lines.ts';

/** How often lines are written, milliseconds: they never hold a task up. */
const writeEveryMs = 500;
/** Tasks told of in one write; what comes faster waits. */
const tasksAtOnce = 200;
/** Tasks that may wait to be told of. Of more, only that they were too many is told. */
const mostWaiting = 2_000;
/** How long lines are kept, milliseconds, and how many of an agent. */
const keptForMs = 7 * 24 * 60 * 60_000;
const keptLines = 10_000;
const purgeEveryMs = 10 * 60_000;

/** A task to tell of, and what has been told. */
interface Followed {
  task: TaskRow;
  instanceId: string | undefined;
  startedAt: number | undefined;
  lastStep: number;
  hasLeft: boolean;
}

/** A row before it has its tenant. */
type NewLine = Omit<AgentLogRow, 'tenant_id'>;

/** What a log needs. */
export interface TaskLogOptions {
  store: Pick<Store, 'ofTenant' | 'onTaskChange'>;
  /** The slot that a task is in. */
  slotOf: (taskId: string) => string | undefined;
  now: () => number;
  onError: (error: unknown) => void;
}

/**
 * Writes the agents' logs: what this worker's tasks do, read from their rows a moment after it has happened. Tasks wait
 * for none of it, and a flood of tasks is told of in part.
 */
export class TaskLog implements TaskObserver {
  readonly #options: TaskLogOptions;
  readonly #followed = new Map<string, Followed>();
  readonly #news = new Map<string, Followed>();
  readonly #agents = new Map<string, string>();
  readonly #stopListening: () => void;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #leftOut = 0;
  #purgedAt: number;

  constructor(options: TaskLogOptions) {
    this.#options = options;
    this.#purgedAt = options.now();
    this.#stopListening = options.store.onTaskChange(({ taskId }) => {
      const followed = this.#followed.get(taskId);
      if (followed !== undefined) this.#note(followed);
    });
  }

  took(task: TaskRow): void {
    const instanceId = this.#options.slotOf(task.id);
    const followed = { task, instanceId, startedAt: this.#options.now(), lastStep: 0, hasLeft: false };
    this.#followed.set(task.id, followed);
    this.#note(followed);
  }

  left({ id }: TaskRow): void {
    const followed = this.#followed.get(id);
    this.#followed.delete(id);
    if (followed === undefined) return;
    followed.hasLeft = true;
    this.#note(followed);
  }

  /** Writes what there is. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
    if (this.#news.size > 0) this.#schedule();
  }

  async close(): Promise<void> {
    this.#stopListening();
    while (this.#news.size > 0) await this.flush();
  }

  #note(followed: Followed): void {
    const { id } = followed.task;
    if (!this.#news.has(id) && this.#news.size >= mostWaiting) this.#leftOut += 1;
    else this.#news.set(id, followed);
    this.#schedule();
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => void this.flush().catch(this.#options.onError), writeEveryMs).unref();
  }

  async #write(): Promise<void> {
    const batch = [...this.#news.values()].slice(0, tasksAtOnce);
    for (const { task } of batch) this.#news.delete(task.id);
    if (batch.length === 0) return;
    const byTenant = new Map<string, Followed[]>();
    for (const followed of batch) {
      const { tenant_id } = followed.task;
      byTenant.set(tenant_id, [...(byTenant.get(tenant_id) ?? []), followed]);
    }
    for (const [tenantId, own] of byTenant) {
      const door = this.#options.store.ofTenant(tenantId);
      const lines = await this.#lines(new TenantScope(tenantId, door.query), own);
      await door.write((transaction) => new TenantWriteScope(tenantId, transaction).insertAgentLogs(lines));
    }
    await this.#purge();
  }

  async #lines(scope: TenantScope, batch: readonly Followed[]): Promise<NewLine[]> {
    const ids = batch.map(({ task }) => task.id);
    const tasks = await scope
      .tasks()
      .select(['id', 'status', 'error', 'attempt', 'started_at', 'finished_at', 'updated_at'])
      .where('id', 'in', ids)
      .execute();
    // By primary key: those that are told of are passed over again, which a task's few steps make cheap.
    const steps = await scope
      .steps()
      .select(['task_id', 'step', 'kind', 'name', 'status', 'error', 'model', 'input_tokens', 'output_tokens'])
      .select(['started_at', 'finished_at'])
      .where('task_id', 'in', ids)
      .orderBy('task_id')
      .orderBy('step')
      .execute();
    const byId = new Map(tasks.map((task) => [task.id, task]));
    const lines = batch.flatMap((followed) => {
      const own = steps.filter(({ task_id }) => task_id === followed.task.id);
      return linesOf(followed, own, byId.get(followed.task.id)).map((each) => this.#row(followed, each));
    });
    return [...lines, ...this.#leftOutLine(batch)];
  }

  #row({ task, instanceId }: Followed, { level, source, message, step, at }: Line): NewLine {
    const agentId = task.agent_id ?? '';
    this.#agents.set(agentId, task.tenant_id);
    return {
      id: newId('evt', at),
      agent_id: agentId,
      level: levelNumber(level),
      source,
      message,
      task_id: task.id,
      step,
      instance_id: instanceId ?? this.#options.slotOf(task.id) ?? null,
      created_at: at,
    };
  }

  #leftOutLine([first]: readonly Followed[]): NewLine[] {
    if (this.#leftOut === 0 || first === undefined) return [];
    const message = `There was too much to log: ${this.#leftOut} changes of tasks were left out.`;
    this.#leftOut = 0;
    const at = this.#options.now();
    return [{ ...this.#row(first, { level: 'warn', source: 'runtime', message, step: null, at }), task_id: null }];
  }

  /** Old lines, and of agents that have logged the ones beyond their share. By agent_logs_by_age, agent_logs_by_agent. */
  async #purge(): Promise<void> {
    const { store, now } = this.#options;
    if (now() - this.#purgedAt < purgeEveryMs) return;
    this.#purgedAt = now();
    const agents = [...this.#agents];
    this.#agents.clear();
    for (const [agentId, tenantId] of agents) {
      await store
        .ofTenant(tenantId)
        .write((transaction) =>
          new TenantWriteScope(tenantId, transaction).keepAgentLogs(agentId, keptLines, now() - keptForMs),
        );
    }
  }
}

/** What is new to tell of a task. */
function linesOf(followed: Followed, steps: readonly LoggedStep[], task: LoggedTask | undefined): Line[] {
  const lines: Line[] = [];
  if (followed.startedAt !== undefined) lines.push(startLine(followed.task, followed.startedAt));
  followed.startedAt = undefined;
  for (const step of steps) {
    if (step.step <= followed.lastStep || step.status === 'waiting') continue;
    followed.lastStep = step.step;
    // Steps of an earlier hold were told by the worker that ran them.
    if (step.started_at >= (followed.task.updated_at ?? 0)) lines.push(stepLine(step));
  }
  if (followed.hasLeft && task !== undefined) lines.push(endLine(task));
  return lines;
}

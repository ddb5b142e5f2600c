import type { NewEventRow } from './event-row.ts';
import { type StatusRow, statusEvent, statusEvents, stepEvent } from './new-events.ts';
import type { TaskRow } from './schema.ts';
import type { Query, TaskChange, WriteTransaction } from './store.ts';

/** What one write tells, in its order. Its events are made at its end, from the rows as it leaves them. */
export class WriteEvents {
  readonly changes: TaskChange[] = [];
  readonly #told: (TaskChange | NewEventRow)[] = [];
  readonly #inserted = new Map<string, number>();
  readonly #subjects = new Set<string>();
  readonly #poked = new Set<string>();
  #wakes = false;

  /** The transaction that the write works in: what it says is told here. */
  transaction(query: Query, insertTasks: (rows: readonly TaskRow[]) => void | Promise<void>): WriteTransaction {
    return {
      query,
      insertTasks: async (rows) => {
        await insertTasks(rows);
        this.inserted(rows);
      },
      changed: (change) => this.changed(change),
      addEvents: (events) => this.add(events),
      poke: (subjectId) => this.poke(subjectId),
      wake: () => {
        this.#wakes = true;
      },
    };
  }

  /** Whether the scheduler is to look for work. */
  get wakes(): boolean {
    return this.#wakes;
  }

  /** Tasks that the write has added. */
  inserted(tasks: readonly TaskRow[]): void {
    for (const task of tasks) {
      this.#told.push(statusEvent(task));
      this.#inserted.set(task.id, task.version);
    }
  }

  /** A task that the write has changed. */
  changed(change: TaskChange): void {
    this.changes.push(change);
    // A task that the same write added has its first event already.
    if (this.#inserted.get(change.taskId) !== change.version) this.#told.push(change);
  }

  /** Events of the write's own. */
  add(events: readonly NewEventRow[]): void {
    for (const event of events) {
      this.#told.push(event);
      this.#subjects.add(event.subject_id);
    }
  }

  /** Whoever listens for news of a thing is to look, though no event of it was written. */
  poke(subjectId: string): void {
    this.#poked.add(subjectId);
  }

  /** The tasks whose rows {@link rows} needs. */
  get changedTaskIds(): string[] {
    return [...new Set(this.#told.flatMap((told) => ('taskId' in told ? [told.taskId] : [])))];
  }

  /** The events to write. */
  rows(tasks: ReadonlyMap<string, StatusRow>): NewEventRow[] {
    return this.#told.flatMap((told) => {
      if (!('taskId' in told)) return [told];
      const task = tasks.get(told.taskId);
      if (task === undefined) return [];
      const { version, status, step } = told;
      const events = statusEvents({ ...task, version, status });
      return step === undefined ? events : [stepEvent(task, step, task.updated_at), ...events];
    });
  }

  /** Whom {@link add} was about, tasks that are told of as changes left out. */
  get subjects(): string[] {
    for (const { taskId } of this.changes) this.#subjects.delete(taskId);
    return [...this.#subjects];
  }

  /** Whose listeners are told. */
  get heard(): string[] {
    return [...new Set([...this.subjects, ...this.#poked])];
  }
}

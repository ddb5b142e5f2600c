import type { TaskStatus } from '@runctl/tasks';
import { sql } from 'kysely';
import type { Query } from '../store/store.ts';
import type { Reading } from '../telemetry/metric.ts';

const open = ['scheduled', 'queued', 'running', 'waiting'] as const satisfies readonly TaskStatus[];
/** More than this is shown as this: a count must stay cheap beside a million of them. */
const mostCounted = 100_000;
/** Whoever asks more often gets the same figures, milliseconds. */
const goodForMs = 5_000;

/** How many tasks of the store wait, run or are to come. */
export class TaskDepth {
  readonly #query: Query;
  readonly #now: () => number;
  #counted: { at: number; readings: Promise<Reading[]> } | undefined;

  constructor(query: Query, now: () => number) {
    this.#query = query;
    this.#now = now;
  }

  /** At most once in five seconds from the store; nothing where it does not answer. */
  read(): Promise<readonly Reading[]> {
    const now = this.#now();
    if (this.#counted === undefined || now - this.#counted.at >= goodForMs) {
      this.#counted = { at: now, readings: this.#count().catch(() => []) };
    }
    return this.#counted.readings;
  }

  /** By tasks_queued, tasks_running, tasks_waiting and tasks_scheduled, no further than the cap. */
  #count(): Promise<Reading[]> {
    return Promise.all(
      open.map(async (status): Promise<Reading> => {
        // A literal: SQLite takes a partial index for what it can see alone.
        const some = this.#query
          .selectFrom('tasks')
          .select('id')
          .where('status', '=', sql.lit(status))
          .limit(mostCounted);
        const { count } = await this.#query
          .selectFrom(some.as('some'))
          .select(({ fn }) => fn.countAll<number | string>().as('count'))
          .executeTakeFirstOrThrow();
        return [[status], Number(count)];
      }),
    );
  }
}

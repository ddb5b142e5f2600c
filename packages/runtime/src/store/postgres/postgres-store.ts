import { randomUUID } from 'node:crypto';
import { Kysely, PostgresDialect } from 'kysely';
import type pg from 'pg';
import { dueIntervalMs, expiredError } from '../lost-tasks.ts';
import type { StatusRow } from '../new-events.ts';
import type { Database } from '../schema.ts';
import type { Claimer, Query, Signals, StepCommit, Store, TaskChange, WriteTransaction } from '../store.ts';
import { TaskChanges } from '../task-changes.ts';
import { WriteEvents } from '../write-events.ts';
import { Batcher } from './batcher.ts';
import { ChangeFeed, changeChannel } from './change-feed.ts';
import { ClaimLoop, inTransaction } from './claim-loop.ts';
import {
  commitHeldTasks,
  insertEvents,
  insertTasks,
  lockSubjects,
  moveDueTasks,
  type Runner,
  readStatuses,
} from './hot-statements.ts';
import { migrate } from './migrate.ts';
import { openPool } from './pool.ts';
import { queryOver } from './query-over.ts';
import { Session } from './session.ts';
import { beat, deregisterWorker, heartbeatMs, newLockKey, registerWorker, takeBackFromLost } from './worker-lease.ts';

/** Which database, and whose clock. */
export interface PostgresStoreOptions {
  /** `postgres://user:password@host:port/database`; sessions must reach the server itself, not a shared pooler. */
  url: string;
  /** Connections for requests and commits, at most. Default 10; one more is kept for notifications and locks. */
  connections?: number;
  /** Milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
  /** Told of connections that break and looks that fail; the store goes on by itself. Default: nobody. */
  onError?: (error: unknown) => void;
}

/** How often lost workers are looked for, in milliseconds. */
const reapIntervalMs = 1_000;
/** After a reconnect others may still be on their way back: nobody is taken for lost meanwhile, in milliseconds. */
const reconnectGraceMs = 5_000;

/** Opens the scaled home: any number of processes on one Postgres 15 or newer. Brings its schema up to date first. */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const onError = options.onError ?? (() => undefined);
  const pool = openPool({
    url: options.url,
    onError,
    ...(options.connections === undefined ? {} : { connections: options.connections }),
  });
  const now = options.now ?? Date.now;
  try {
    await migrate(pool, now());
    const store = new PostgresStore({ pool, url: options.url, now, onError });
    await store.open();
    return store;
  } catch (error) {
    await pool.end();
    throw error;
  }
}

interface StoreParts {
  pool: pg.Pool;
  url: string;
  now: () => number;
  onError: (error: unknown) => void;
}

class PostgresStore implements Store {
  readonly query: Query;
  readonly signals: Signals;
  readonly #parts: StoreParts;
  readonly #changes = new TaskChanges();
  readonly #feed: ChangeFeed;
  readonly #session: Session;
  readonly #commits: Batcher<StepCommit, boolean>;
  readonly #lockKey = newLockKey();
  #timers: NodeJS.Timeout[] = [];
  #claims: ClaimLoop | undefined;
  #workerId: string | undefined;
  #looksBefore = 0;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.query = new Kysely<Database>({ dialect: new PostgresDialect({ pool: parts.pool }) });
    this.#feed = new ChangeFeed(randomUUID(), this.#changes, () => this.#session.client);
    this.signals = this.#feed;
    this.#commits = new Batcher((commits) => this.#commit(commits));
    this.#session = new Session(parts.url, {
      onConnect: (client) => this.#connected(client),
      onNotification: (_channel, payload) => {
        if (this.#feed.receive(payload)) this.#claims?.wake();
      },
      onError: parts.onError,
    });
  }

  async open(): Promise<void> {
    await this.#session.open();
    this.#timers = [
      this.#every(dueIntervalMs, () => this.#moveDue()),
      this.#every(reapIntervalMs, () => this.#reap()),
      this.#every(heartbeatMs, () => this.#beat()),
    ];
  }

  async write<Result>(work: (transaction: WriteTransaction) => Promise<Result>): Promise<Result> {
    const told = new WriteEvents();
    let wakes = false;
    const result = await inTransaction(this.#parts.pool, async (client) => {
      const worked = await work({
        query: queryOver(client),
        insertTasks: async (rows) => {
          await insertTasks(client, rows);
          told.inserted(rows);
        },
        changed: (change) => told.changed(change),
        addEvents: (events) => told.add(events),
        wake: () => {
          wakes = true;
        },
      });
      await writeEvents(client, told);
      return worked;
    });
    this.#feed.tell(told.changes, wakes, told.subjects);
    if (wakes) this.#claims?.wake();
    return result;
  }

  commitStep(commit: StepCommit): Promise<boolean> {
    return this.#commits.add(commit);
  }

  startClaiming(claimer: Claimer): void {
    const { pool, now, onError } = this.#parts;
    this.#workerId = claimer.owner;
    const { client } = this.#session;
    if (client !== undefined) void registerWorker(client, claimer.owner, this.#lockKey).catch(onError);
    this.#claims = new ClaimLoop({
      pool,
      claimer,
      now,
      onError,
      onClaimed: (tasks) =>
        this.#feed.tell(
          tasks.map(({ id, version }) => ({ taskId: id, version, status: 'running' })),
          false,
        ),
    });
    this.#claims.wake();
  }

  async stopClaiming(): Promise<void> {
    await this.#claims?.stop();
    this.#claims = undefined;
  }

  wake(): void {
    this.#claims?.wake();
  }

  onTaskChange(listener: (change: TaskChange) => void): () => void {
    return this.#changes.listen(listener);
  }

  onNewEvents(listener: (subjectId: string) => void): () => void {
    return this.#changes.listenForEvents(listener);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.stopClaiming();
    await this.#commits.drained();
    await this.#feed.flush();
    const { client } = this.#session;
    if (client !== undefined && this.#workerId !== undefined) {
      await deregisterWorker(client, this.#workerId).catch(this.#parts.onError);
    }
    await this.#session.close();
    await this.#parts.pool.end();
  }

  async #connected(client: pg.Client): Promise<void> {
    await client.query(`LISTEN ${changeChannel}`);
    if (this.#workerId !== undefined) await registerWorker(client, this.#workerId, this.#lockKey);
    // What was told while nobody listened is not known: look.
    this.#claims?.wake();
  }

  async #commit(commits: StepCommit[]): Promise<boolean[]> {
    const versions = await inTransaction(this.#parts.pool, (client) => commitHeldTasks(client, commits));
    const changes = commits.flatMap(({ lease, end }): TaskChange[] => {
      const version = versions.get(lease.taskId);
      return version === undefined ? [] : [{ taskId: lease.taskId, version, status: end?.status ?? 'running' }];
    });
    this.#feed.tell(
      changes,
      commits.some(({ end }) => end !== undefined),
    );
    return commits.map(({ lease }) => versions.has(lease.taskId));
  }

  #every(intervalMs: number, work: () => Promise<void>): NodeJS.Timeout {
    let busy = false;
    const timer = setInterval(() => {
      if (busy) return;
      busy = true;
      work()
        .catch(this.#parts.onError)
        .finally(() => {
          busy = false;
        });
    }, intervalMs);
    return timer.unref();
  }

  async #moveDue(): Promise<void> {
    const { pool, now } = this.#parts;
    this.#tellMoved(await inTransaction(pool, (client) => moveDueTasks(client, expiredError, now())));
  }

  async #reap(): Promise<void> {
    const { client } = this.#session;
    if (client === undefined || this.#workerId === undefined) return;
    // A process that has just started takes over at once; one that has just come back gives the others time.
    this.#looksBefore += 1;
    if (this.#looksBefore > 1 && this.#session.connectedForMs < reconnectGraceMs) return;
    this.#tellMoved(await takeBackFromLost(client, this.#parts.pool, this.#workerId, this.#parts.now()));
  }

  async #beat(): Promise<void> {
    if (this.#workerId !== undefined) await beat(this.#parts.pool, this.#workerId);
  }

  #tellMoved(moved: readonly StatusRow[]): void {
    if (moved.length === 0) return;
    const changes = moved.map(({ id, version, status }) => ({ taskId: id, version, status }));
    this.#feed.tell(changes, true);
    this.#claims?.wake();
  }
}

async function writeEvents(client: Runner, told: WriteEvents): Promise<void> {
  const tasks = await readStatuses(client, told.changedTaskIds);
  await lockSubjects(client, told.subjects);
  await insertEvents(client, told.rows(tasks));
}

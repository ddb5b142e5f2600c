import { randomUUID } from 'node:crypto';
import { Kysely, type KyselyPlugin, PostgresDialect } from 'kysely';
import type pg from 'pg';
import { endedOf, expireActions, findDueActions } from '../due-actions.ts';
import { type Look, type Lookout, Lookouts } from '../lookouts.ts';
import { dueIntervalMs, expiredError } from '../lost-tasks.ts';
import { isEnding } from '../new-events.ts';
import { nextDueTask } from '../next-due.ts';
import type { Database } from '../schema.ts';
import type { MigrateMode } from '../schema-state.ts';
import { SealedColumns } from '../sealed-columns.ts';
import type { SecretBox } from '../secret-box.ts';
import type { Claimer, Query, Signals, StepCommit, Store, StoreDoor, TaskChange, WriteTransaction } from '../store.ts';
import { StoreError } from '../store-error.ts';
import { TaskChanges } from '../task-changes.ts';
import { UnheldTasks } from '../unheld-tasks.ts';
import { WriteEvents } from '../write-events.ts';
import { Batcher } from './batcher.ts';
import { ChangeFeed, changeChannel } from './change-feed.ts';
import { ClaimLoop, inTransaction } from './claim-loop.ts';
import { commitSteps } from './commit-steps.ts';
import { longestOperatorStatementMs } from './connection.ts';
import { insertTasks, lockTasks, moveDueTasks, requeueUnheld, runningClaims } from './hot-statements.ts';
import { migrate } from './migrate.ts';
import { openPool } from './pool.ts';
import { queryOver } from './query-over.ts';
import { Session, type SessionHooks } from './session.ts';
import { type MovedTasks, settle, writeEvents } from './settle.ts';
import { tenantQuery, underTenantNames } from './tenant-query.ts';
import { raiseTenantWall, type TenantWall } from './tenant-wall.ts';
import { reasonOf, untilReachable, type WaitForDatabase } from './until-reachable.ts';
import { askWhetherAlive } from './worker-lease.ts';
import { WorkerLife } from './worker-life.ts';

/** Which database, and whose clock. */
export interface PostgresStoreOptions extends WaitForDatabase {
  /** `postgres://user:password@host:port/database`; sessions must reach the server itself, not a shared pooler. */
  url: string;
  /** Connections for requests and commits, at most. Default 10; one more is kept for notifications and locks. */
  connections?: number;
  /** How long a statement may take, milliseconds; a database that does not answer is waited for a third longer. Default 15 000. */
  statementMs?: number;
  /** Milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
  /** Told of connections that break and looks that fail; the store goes on by itself. Default: nobody. */
  onError?: (error: unknown) => void;
  /** Told of each transaction that committed steps together, and how many. Default: nobody. */
  onGroup?: (writes: number) => void;
  /** Seals secrets that have to be read again. Default: they are kept as they are. */
  secrets?: SecretBox | undefined;
  /** What to do with an older schema. Default `auto`. */
  migrate?: MigrateMode;
}

/** How often it is looked for what is due though nobody told of anything, milliseconds: news may be lost on its way. */
const restMs = 5_000;
/** How often who waits looks while the connection that listens is away, in milliseconds. */
const awayLookMs = 1_000;
/** How often lost workers are looked for, in milliseconds. */
const reapIntervalMs = 1_000;

/**
 * Opens the scaled home: any number of processes on one Postgres 15 or newer. Brings its schema up to date first.
 *
 * @throws {StoreError} `store.unreachable` - the database does not answer, or refuses; `store.schema_newer`;
 *   `store.schema_older` - `migrate` is `refuse`
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const onError = options.onError ?? (() => undefined);
  const pool = openPool({
    url: options.url,
    onError,
    statementMs: options.statementMs,
    ...(options.connections === undefined ? {} : { connections: options.connections }),
  });
  const now = options.now ?? Date.now;
  try {
    await untilReachable(pool, options);
    const wall = await bringUpToDate(options, now());
    if (wall.weakness !== null) onError(new StoreError('store.unwalled', wall.weakness));
    const { url, statementMs, onGroup, secrets } = options;
    const plugins = [new SealedColumns(secrets)];
    const store = new PostgresStore({ pool, wall, url, statementMs, now, onError, onGroup, plugins });
    await store.open();
    return store;
  } catch (cause) {
    await pool.end();
    throw cause instanceof StoreError ? cause : unreachable(cause);
  }
}

/** On a connection of its own, since a migration may take longer than a request is worth waiting for. */
async function bringUpToDate({ url, migrate: mode }: PostgresStoreOptions, now: number): Promise<TenantWall> {
  const pool = openPool({
    url,
    connections: 1,
    statementMs: longestOperatorStatementMs,
    onError: () => undefined,
  });
  try {
    await migrate(pool, now, mode === undefined ? {} : { mode });
    return await raiseTenantWall(pool);
  } finally {
    await pool.end();
  }
}

/** What a failure to reach a database comes to. */
export function unreachable(cause: unknown): StoreError {
  const message = `The database cannot be used: ${reasonOf(cause)}. Check the address given with --database-url or RUNCTL_DATABASE_URL, and that it runs.`;
  return new StoreError('store.unreachable', message, { cause });
}

interface StoreParts {
  pool: pg.Pool;
  wall: TenantWall;
  url: string;
  statementMs: number | undefined;
  now: () => number;
  onError: (error: unknown) => void;
  onGroup: ((writes: number) => void) | undefined;
  plugins: KyselyPlugin[];
}

class PostgresStore implements Store {
  readonly query: Query;
  readonly signals: Signals;
  readonly #parts: StoreParts;
  readonly #changes = new TaskChanges();
  readonly #feed: ChangeFeed;
  readonly #session: Session;
  readonly #commits: Batcher<StepCommit, boolean>;
  readonly #lookouts: Lookouts;
  #timers: NodeJS.Timeout[] = [];
  #claims: ClaimLoop | undefined;
  readonly #unheld = new UnheldTasks();
  #claimer: Claimer | undefined;
  #life: WorkerLife | undefined;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.query = new Kysely<Database>({ dialect: new PostgresDialect({ pool: parts.pool }), plugins: parts.plugins });
    this.#feed = new ChangeFeed(randomUUID(), this.#changes, () => this.#session.client ?? parts.pool);
    this.signals = this.#feed;
    this.#commits = new Batcher((commits) => this.#commit(commits));
    const hooks: SessionHooks = {
      onConnect: (client) => this.#connected(client),
      onNotification: (_channel, payload) => {
        this.#lookouts.tell();
        if (this.#feed.receive(payload)) this.#claims?.wake();
      },
      onError: parts.onError,
    };
    this.#session = new Session(parts.url, hooks, parts.statementMs);
    // Without a session nobody tells of anything: it may always be so.
    const confirm = (isTold: boolean) => isTold || this.#session.client === undefined;
    this.#lookouts = new Lookouts({ now: parts.now, restMs, confirm });
  }

  async open(): Promise<void> {
    await this.#session.open();
    const { onError } = this.#parts;
    this.lookOut({ look: () => this.#moveDue(), everyMs: dueIntervalMs, onError });
    this.lookOut({ look: () => this.#requeueUnheld(), everyMs: reapIntervalMs, onError });
    this.#timers = [
      this.#every(reapIntervalMs, () => this.#reap()),
      this.#every(reapIntervalMs, async () => this.#life?.beat()),
      this.#every(awayLookMs, () => this.#lookWhileAway()),
    ];
  }

  write<Result>(work: (transaction: WriteTransaction) => Promise<Result>): Promise<Result> {
    return this.#write(work);
  }

  ofTenant(tenantId: string): StoreDoor {
    const { pool, wall, plugins } = this.#parts;
    return {
      query: tenantQuery(pool, wall, tenantId, plugins),
      write: (work) => this.#write(work, wall.begin(tenantId)),
    };
  }

  commitStep(commit: StepCommit): Promise<boolean> {
    return this.#commits.add(commit);
  }

  startClaiming(claimer: Claimer): void {
    const { pool, now, onError } = this.#parts;
    const { owner: id, slots = null } = claimer;
    const life = new WorkerLife({ id, slots, pool, session: this.#session, now });
    this.#claimer = claimer;
    this.#life = life;
    const { client } = this.#session;
    if (client !== undefined) {
      const registered = life.register(client);
      // It may stand in for one that has just died.
      void registered.then(() => this.#reap()).catch(onError);
    }
    this.#claims = new ClaimLoop({
      pool,
      claimer,
      now,
      lookOut: (look) => this.lookOut(look),
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
    this.#claimer = undefined;
    // That it takes nothing more is so whether the others hear of it or not.
    void this.#life
      ?.retire()
      .then(() => this.#feed.tell([], true))
      .catch(this.#parts.onError);
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

  onMissedNews(listener: () => void): () => void {
    return this.#changes.listenForMissed(listener);
  }

  lookOut(look: Look): Lookout {
    return this.#lookouts.add(look);
  }

  async giveBackSpace(): Promise<boolean> {
    return false;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    void this.#lookouts.close();
    await this.stopClaiming();
    await this.#commits.drained();
    await this.#feed.flush();
    await this.#life?.end().catch(this.#parts.onError);
    // The slots of this worker are free for the others.
    this.#feed.tell([], true);
    await this.#feed.close();
    await this.#session.close();
    await this.#parts.pool.end();
  }

  async #write<Result>(work: (transaction: WriteTransaction) => Promise<Result>, begin?: string): Promise<Result> {
    const told = new WriteEvents();
    const result = await inTransaction(
      this.#parts.pool,
      async (connection) => {
        const client = begin === undefined ? connection : underTenantNames(connection);
        const query = queryOver(client, this.#parts.plugins);
        const worked = await work(told.transaction(query, (rows) => insertTasks(client, rows)));
        await writeEvents(client, told);
        return worked;
      },
      begin,
    );
    this.#lookouts.tell();
    this.#feed.tell(told.changes, told.wakes, told.heard);
    if (told.wakes) this.#claims?.wake();
    return result;
  }

  async #connected(client: pg.Client): Promise<void> {
    await client.query(`LISTEN ${changeChannel}; ${askWhetherAlive}`);
    await this.#life?.register(client);
    // What was told while nobody listened is not known, nor is what was told to the others: look, all of them.
    this.#claims?.wake();
    this.#lookouts.tell();
    this.#changes.tellMissed();
    this.#feed.tell([], true);
  }

  /** Nobody tells this process of anything now: where the database answers all the same, who waits looks by himself. */
  async #lookWhileAway(): Promise<void> {
    if (this.#session.client !== undefined) return;
    await this.#parts.pool.query('SELECT 1').then(
      () => this.#changes.tellMissed(),
      () => undefined,
    );
  }

  async #commit(commits: StepCommit[]): Promise<boolean[]> {
    const { versions, told } = await inTransaction(this.#parts.pool, (client) => commitSteps(client, commits));
    this.#parts.onGroup?.(commits.length);
    this.#lookouts.tell();
    const changes = commits.flatMap(({ lease, end }): TaskChange[] => {
      const version = versions.get(lease.taskId);
      return version === undefined ? [] : [{ taskId: lease.taskId, version, status: end?.status ?? 'running' }];
    });
    this.#feed.tell(
      [...changes, ...told.changes],
      commits.some(({ end }) => end !== undefined),
      told.heard,
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

  async #moveDue(): Promise<number | undefined> {
    const { pool, now } = this.#parts;
    this.#tellMoved(
      await inTransaction(pool, async (client) => {
        const moved = await moveDueTasks(client, expiredError, now());
        const query = queryOver(client);
        const due = await findDueActions(query, now());
        await lockTasks(
          client,
          due.flatMap(({ parentTaskId }) => parentTaskId ?? []),
        );
        const told = new WriteEvents();
        const expired = await expireActions(query, due, now());
        for (const change of expired) told.changed(change);
        const ended = moved.filter(({ status }) => isEnding(status)).map(({ id }) => id);
        return { moved, told: await settle(client, told, now(), [...ended, ...endedOf(expired)]) };
      }),
    );
    return nextDueTask(this.query);
  }

  /** What this process has claimed and lost sight of. */
  async #requeueUnheld(): Promise<number | undefined> {
    const { pool, now } = this.#parts;
    const claimer = this.#claimer;
    if (claimer === undefined) return undefined;
    const running = await runningClaims(pool, claimer.owner);
    const unheld = this.#unheld.look(running, (taskId) => claimer.holds(taskId));
    if (unheld.length > 0) {
      const moved = await inTransaction(pool, (client) => requeueUnheld(client, unheld, now()));
      this.#tellMoved({ moved, told: new WriteEvents() });
    }
    // What runs may be lost sight of without a word.
    return running.length > 0 ? now() : undefined;
  }

  async #reap(): Promise<void> {
    const takenBack = (await this.#life?.takeBackFromLost()) ?? [];
    for (const moved of takenBack) this.#tellMoved(moved);
    if (takenBack.length === 0) return;
    // Their slots are free, whether a task was in them or not.
    this.#lookouts.tell();
    this.#feed.tell([], true);
  }

  #tellMoved({ moved, told }: MovedTasks): void {
    if (moved.length + told.changes.length === 0) return;
    const changes = moved.map(({ id, version, status }) => ({ taskId: id, version, status }));
    this.#lookouts.tell();
    this.#feed.tell([...changes, ...told.changes], true, told.heard);
    this.#claims?.wake();
  }
}

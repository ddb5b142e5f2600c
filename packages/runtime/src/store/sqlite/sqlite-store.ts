import { mkdirSync } from 'node:fs';
import type { KyselyPlugin } from 'kysely';
import { damagedStore } from '../damaged-store.ts';
import { endedOf, expireActions, findDueActions } from '../due-actions.ts';
import { type Look, type Lookout, Lookouts } from '../lookouts.ts';
import { dueIntervalMs, expiredError, lostError, mostLosses } from '../lost-tasks.ts';
import { isEnding, type StatusRow } from '../new-events.ts';
import { earliest, nextDueTask } from '../next-due.ts';
import type { TaskRow } from '../schema.ts';
import { SealedColumns } from '../sealed-columns.ts';
import type { SecretBox } from '../secret-box.ts';
import type { Claimer, Query, Signals, StepCommit, Store, StoreDoor, TaskChange, WriteTransaction } from '../store.ts';
import { TaskChanges } from '../task-changes.ts';
import { withinTree } from '../tree-limit.ts';
import { type KnownClaim, UnheldTasks } from '../unheld-tasks.ts';
import { movesOthers, settleParents } from '../waits.ts';
import { signalWorkflows } from '../workflow-signals.ts';
import { WriteEvents } from '../write-events.ts';
import { CommittedReads } from './committed-reads.ts';
import { openConnection, type SqliteConnection } from './connection.ts';
import { queryOver } from './dialect.ts';
import { lockFolder, ownFile } from './folder.ts';
import { giveBackPages } from './free-pages.ts';
import {
  claimTasks,
  commitHeldTask,
  insertEvents,
  insertTask,
  moveDueTasks,
  readStatus,
  readyLanes,
  recoverLost,
  requeueUnheld,
  runningClaims,
} from './hot-statements.ts';
import { migrate } from './migrate.ts';
import { StatementCache } from './statement-cache.ts';
import { WriteGroup } from './write-group.ts';

/** Where the embedded home keeps its files, and its clock. */
export interface SqliteStoreOptions {
  /** A folder of its own; made with mode 0700, its files with 0600. */
  folder: string;
  /** Milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
  /** Told once where the disk fails: the store takes no more writes until it is opened anew. Default: nobody. */
  onDamage?: (cause: unknown) => void;
  /** Told of each transaction that committed writes together, and how many. Default: nobody. */
  onGroup?: (writes: number) => void;
  /** Seals secrets that have to be read again. Default: they are kept as they are. */
  secrets?: SecretBox | undefined;
}

/** How often it is looked for what is due though nobody wrote, milliseconds: all who write are here, and are heard. */
const restMs = 30_000;

/**
 * Opens the embedded home: one process, one folder. What a dead process left running is queued again first.
 *
 * @throws {StoreError} `store.locked` - another process uses the folder; `store.schema_newer`; `store.damaged`
 */
export function openSqliteStore(options: SqliteStoreOptions): Store {
  const now = options.now ?? Date.now;
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const lock = lockFolder(options.folder);
  const opened = [lock];
  const keep = (connection: SqliteConnection) => {
    opened.unshift(connection);
    return connection;
  };
  try {
    const file = ownFile(options.folder, 'runctl.db');
    const writer = keep(openConnection(file));
    migrate(writer, now());
    recover(writer, now());
    const damaged = options.onDamage ?? (() => undefined);
    const plugins = [new SealedColumns(options.secrets)];
    const grouped = options.onGroup ?? (() => undefined);
    const reader = keep(openConnection(file));
    return new SqliteStore({ writer, reader, lock, now, damaged, grouped, plugins });
  } catch (error) {
    for (const connection of opened) connection.close();
    throw damagedStore(error) ?? error;
  }
}

/** In one transaction: a task that is queued again has the events that say so. */
function recover(writer: SqliteConnection, now: number): void {
  writer.exec('BEGIN IMMEDIATE');
  recoverLost(new StatementCache(writer), mostLosses, lostError, now);
  writer.exec('COMMIT');
}

interface SqliteHome {
  writer: SqliteConnection;
  reader: SqliteConnection;
  lock: SqliteConnection;
  now: () => number;
  damaged: (cause: unknown) => void;
  grouped: (writes: number) => void;
  plugins: KyselyPlugin[];
}

class SqliteStore implements Store {
  readonly query: Query;
  /** One process, nobody to tell. */
  readonly signals: Signals = { send: () => undefined, listen: () => () => undefined };
  readonly #connections: readonly SqliteConnection[];
  readonly #file: SqliteConnection;
  readonly #writer: StatementCache;
  readonly #writeQuery: Query;
  readonly #writes: WriteGroup;
  readonly #changes = new TaskChanges();
  readonly #lookouts: Lookouts;
  readonly #now: () => number;
  readonly #unheld = new UnheldTasks();
  #claimer: Claimer | undefined;
  /** Of the database as this connection last saw it: SQLite changes it with each commit of another one. */
  #dataVersion: number | undefined;
  /** The same as the other connection sees it: it changes with each commit of this process too. */
  #readVersion: number | undefined;
  /** Whether this group may have made work ready. */
  #mayClaim = false;
  /** Slots that this group has freed, before their runs know of it. */
  #freedSlots = 0;
  /** Told once this group is committed. */
  #uncommitted: TaskChange[] = [];
  /** Tasks that this group has added, or that it would have if their write had not failed. */
  readonly #added = new Map<string, TaskRow>();
  /** What has new events besides those tasks. */
  #uncommittedSubjects: string[] = [];

  constructor(home: SqliteHome) {
    this.#connections = [home.reader, home.writer, home.lock];
    this.#now = home.now;
    this.#file = home.writer;
    this.#writer = new StatementCache(home.writer);
    this.#writeQuery = queryOver(this.#writer, home.plugins);
    this.#writes = new WriteGroup(home.writer, {
      written: () => this.#writer.written,
      end: () => this.#endGroup(),
      undone: () => this.#forgetGroup(),
      damaged: home.damaged,
      committed: home.grouped,
    });
    const reader = new StatementCache(home.reader);
    this.query = queryOver(new CommittedReads(this.#writer, reader, () => this.#writes.isOpen), home.plugins);
    this.#lookouts = new Lookouts({ now: home.now, restMs, confirm: () => this.#isWritten(reader) });
    this.lookOut({ look: () => this.#moveDue(), everyMs: dueIntervalMs });
    // What was lost with the last process may have failed just now, and another task may wait for it.
    this.#writes.submit(() => this.#settleAll()).catch(() => undefined);
  }

  write<Result>(work: (transaction: WriteTransaction) => Promise<Result>): Promise<Result> {
    return this.#writes.submit(async () => {
      const told = new WriteEvents();
      const result = await work(told.transaction(this.#writeQuery, (rows) => this.#insertTasks(rows)));
      this.#writeEvents(told);
      this.#tell(told, told.wakes);
      return result;
    });
  }

  ofTenant(): StoreDoor {
    return this;
  }

  commitStep(commit: StepCommit): Promise<boolean> {
    return this.#writes.submit(async () => {
      const held = commitHeldTask(this.#writer, commit);
      if (held === undefined) return false;
      const told = new WriteEvents();
      if (movesOthers(commit)) await this.#moveOthers(told, commit);
      this.#tell(told);
      const status = commit.end?.status ?? 'running';
      this.#uncommitted.push({ taskId: commit.lease.taskId, version: held.version, status });
      if (commit.end !== undefined) {
        this.#mayClaim = true;
        this.#freedSlots += 1;
      }
      return true;
    });
  }

  startClaiming(claimer: Claimer): void {
    this.#claimer = claimer;
    this.wake();
  }

  async stopClaiming(): Promise<void> {
    this.#claimer = undefined;
    await this.#writes.drained();
  }

  wake(): void {
    this.#mayClaim = true;
    this.#writes.requestEnd();
  }

  onTaskChange(listener: (change: TaskChange) => void): () => void {
    return this.#changes.listen(listener);
  }

  /** No other process tells of anything. */
  onMissedNews(): () => void {
    return () => undefined;
  }

  onNewEvents(listener: (subjectId: string) => void): () => void {
    return this.#changes.listenForEvents(listener);
  }

  lookOut(look: Look): Lookout {
    return this.#lookouts.add(look);
  }

  giveBackSpace(): Promise<boolean> {
    return this.#writes.submit(async () => giveBackPages(this.#file));
  }

  async close(): Promise<void> {
    this.#claimer = undefined;
    await Promise.all([this.#lookouts.close(), this.#writes.drained()]);
    await this.#writes.drained();
    for (const connection of this.#connections) connection.close();
  }

  #insertTasks(rows: readonly TaskRow[]): void {
    for (const row of rows) {
      insertTask(this.#writer, row);
      this.#added.set(row.id, row);
    }
  }

  #writeEvents(told: WriteEvents): void {
    const rows = told.changedTaskIds.flatMap((taskId) => readStatus(this.#writer, taskId) ?? []);
    insertEvents(this.#writer, told.rows(new Map(rows.map((row) => [row.id, row]))));
  }

  /** Adds the tasks that a step hands out, and tells the task that waits for the end of this one. */
  async #moveOthers(told: WriteEvents, commit: StepCommit): Promise<void> {
    const { lease, children = [], mostInTree, parentTaskId = null, now } = commit;
    const added = mostInTree === undefined ? children : await withinTree(this.#writeQuery, children, mostInTree, now);
    this.#insertTasks(added);
    told.inserted(added);
    const refused = added.filter(({ status }) => isEnding(status)).map(({ id }) => id);
    const awaited = parentTaskId === null ? refused : [lease.taskId, ...refused];
    await this.#settle(told, now, [lease.taskId], awaited);
  }

  async #settleAll(): Promise<void> {
    const told = new WriteEvents();
    await this.#settle(told, this.#now());
    this.#tell(told);
  }

  /** @param awaited Those of them that a task may wait for. */
  async #settle(told: WriteEvents, now: number, among?: readonly string[], awaited = among): Promise<void> {
    for (const change of await settleParents(this.#writeQuery, now, awaited)) told.changed(change);
    for (const subject of await signalWorkflows(this.#writeQuery, among)) told.poke(subject);
    this.#writeEvents(told);
  }

  /** The last that a write does: what fails before is undone, and nobody may hear of it. */
  #tell({ changes, heard }: WriteEvents, wakes = changes.length > 0): void {
    this.#uncommitted.push(...changes);
    this.#uncommittedSubjects.push(...heard);
    this.#mayClaim ||= wakes;
  }

  /** The claim belongs to the transaction that made the work ready: picking a task up costs no sync of its own. */
  #endGroup(): () => void {
    const claimed = this.#claim();
    this.#added.clear();
    const changes = this.#uncommitted;
    const subjects = this.#uncommittedSubjects;
    this.#uncommitted = [];
    this.#uncommittedSubjects = [];
    this.#freedSlots = 0;
    const claimer = this.#claimer;
    return () => {
      this.#lookouts.tell();
      this.#changes.tell(changes, subjects);
      if (claimed.length > 0) claimer?.deliver(claimed);
    };
  }

  #forgetGroup(): void {
    this.#added.clear();
    this.#uncommitted = [];
    this.#uncommittedSubjects = [];
    this.#freedSlots = 0;
    this.#mayClaim = true;
  }

  #claim(): TaskRow[] {
    const claimer = this.#claimer;
    if (!this.#mayClaim || claimer === undefined) return [];
    this.#mayClaim = false;
    const freeSlots = claimer.freeSlots() + this.#freedSlots;
    if (freeSlots <= 0) return [];
    const picked = claimer.pick(readyLanes(this.#writer, freeSlots), freeSlots);
    const claimed = claimTasks(this.#writer, picked, { owner: claimer.owner, now: this.#now(), added: this.#added });
    for (const { id, version } of claimed) this.#uncommitted.push({ taskId: id, version, status: 'running' });
    return claimed;
  }

  /** What time has moved on, and what this process has claimed and lost sight of. A write that fails is due again. */
  async #moveDue(): Promise<number | undefined> {
    const now = this.#now();
    const running = await this.#writes.submitOnce(async () => {
      this.#mayClaim ||= this.#othersWrote();
      const claims = this.#runningClaims();
      const moved = [...moveDueTasks(this.#writer, expiredError, now), ...this.#requeueUnheld(claims, now)];
      const expired = await expireActions(this.#writeQuery, await findDueActions(this.#writeQuery, now), now);
      const failed = moved.filter(({ status }) => status === 'failed').map(({ id }) => id);
      const told = new WriteEvents();
      for (const change of expired) told.changed(change);
      if (failed.length + expired.length > 0) await this.#settle(told, now, [...failed, ...endedOf(expired)]);
      for (const { id, version, status } of moved) this.#uncommitted.push({ taskId: id, version, status });
      this.#mayClaim ||= moved.some(({ status }) => status === 'queued');
      this.#tell(told);
      return claims.length;
    });
    // What runs may be lost sight of without a word.
    return earliest(await nextDueTask(this.query), running > 0 ? now + dueIntervalMs : undefined);
  }

  /** Whether anybody has written since this was last asked, this process too. Where that is not known: yes. */
  #isWritten(reader: StatementCache): boolean {
    const before = this.#readVersion;
    try {
      this.#readVersion = dataVersionOf(reader);
    } catch {
      this.#readVersion = undefined;
    }
    return before !== this.#readVersion || before === undefined;
  }

  /** Whether another connection has: an operator's command may have let a tenant go on, and can tell nobody here. */
  #othersWrote(): boolean {
    const before = this.#dataVersion;
    this.#dataVersion = dataVersionOf(this.#writer);
    return before !== this.#dataVersion;
  }

  #runningClaims(): KnownClaim[] {
    return this.#claimer === undefined ? [] : runningClaims(this.#writer, this.#claimer.owner);
  }

  #requeueUnheld(running: readonly KnownClaim[], now: number): StatusRow[] {
    const unheld = this.#unheld.look(running, (taskId) => this.#claimer?.holds(taskId) ?? true);
    return requeueUnheld(this.#writer, unheld, now);
  }
}

/** Changes whenever another connection than this one has written. */
function dataVersionOf(statements: StatementCache): number | undefined {
  return statements.first<{ data_version: number }>('PRAGMA data_version')?.data_version;
}

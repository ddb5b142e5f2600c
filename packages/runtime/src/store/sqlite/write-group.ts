import { storeOutage } from '../../store-outage.ts';
import type { SqliteConnection } from './connection.ts';

interface PendingWrite {
  run(): Promise<unknown>;
  isRunOnce: boolean;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

type Settlement = () => void;

/** What belongs to a whole group. */
export interface GroupHooks {
  /** How many statements were run until now that may have changed something. */
  written(): number;
  /** Runs last within the transaction. Returns what to do once it is committed. */
  end(): Settlement;
  /** The transaction was rolled back, the end with it. */
  undone(): void;
  /** So many writes were committed together. */
  committed(writes: number): void;
  /** Nothing is written any more, since nobody knows what the disk holds; told once. */
  damaged(cause: unknown): void;
}

/** Writes in one transaction; a bound, so that one answer never waits for an endless group. */
const largestGroup = 256;

/**
 * Group commit. Writes that arrive while the disk is busy share one transaction and one sync: the price of durability
 * is paid once for all of them. One that fails undoes itself alone. Most that fail have changed nothing yet. Where one
 * has, all that the group has done is undone, and each is run again in a savepoint of its own: SQLite copies every page
 * that is changed within one, which would cost each write a tenth of the whole, and hardly any needs it.
 *
 *   idle --submit--> scheduled --next turn--> writing --commit--> settled --more?--> scheduled
 *                                             writing --failed sync--> damaged, for good
 */
export class WriteGroup {
  readonly #connection: SqliteConnection;
  readonly #hooks: GroupHooks;
  #pending: PendingWrite[] = [];
  #endWanted = false;
  #scheduled = false;
  #damage: { cause: unknown } | undefined;
  #idle: Promise<void> = Promise.resolve();
  #isOpen = false;

  constructor(connection: SqliteConnection, hooks: GroupHooks) {
    this.#connection = connection;
    this.#hooks = hooks;
  }

  /** Whether the connection is within a group: what it reads now may not be committed, and may never be. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Adds a write to the next group; it may be run again after it was undone. Resolves with its result after the commit. */
  submit<Result>(run: () => Promise<Result>): Promise<Result> {
    return this.#add(run, false);
  }

  /** The same for a write that may not be run again. */
  submitOnce<Result>(run: () => Promise<Result>): Promise<Result> {
    return this.#add(run, true);
  }

  /** Runs the end of a group soon, with or without writes before it. */
  requestEnd(): void {
    this.#endWanted = true;
    this.#schedule();
  }

  /** Resolves when nothing is pending. */
  async drained(): Promise<void> {
    while (this.#scheduled) await this.#idle;
  }

  #add<Result>(run: () => Promise<Result>, isRunOnce: boolean): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#pending.push({ run, isRunOnce, resolve: resolve as (value: unknown) => void, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#idle = new Promise((resolve) => {
      // After this turn's input has been read: what arrived together is written together.
      setImmediate(() => void this.#drain().finally(resolve));
    });
  }

  async #drain(): Promise<void> {
    while (this.#pending.length > 0 || this.#endWanted) {
      const group = this.#pending.splice(0, largestGroup);
      this.#endWanted = false;
      await this.#writeGroup(group);
      // Between groups the process reads its sockets, so that a stream of writes starves nobody.
      if (this.#pending.length > 0) await new Promise((resolve) => setImmediate(resolve));
    }
    this.#scheduled = false;
  }

  async #writeGroup(group: PendingWrite[]): Promise<void> {
    const settlements: Settlement[] = [];
    try {
      if (this.#damage !== undefined) throw this.#damage.cause;
      this.#isOpen = true;
      this.#connection.exec('BEGIN IMMEDIATE');
      settlements.push(...(await this.#writeTogether(group.filter(({ isRunOnce }) => !isRunOnce))));
      for (const write of group) if (write.isRunOnce) settlements.push(await this.#writeOne(write));
      settlements.push(this.#hooks.end());
      this.#connection.exec('COMMIT');
      this.#isOpen = false;
    } catch (cause) {
      this.#undo();
      this.#isOpen = false;
      this.#hooks.undone();
      this.#notice(cause);
      for (const write of group) write.reject(cause);
      return;
    }
    if (group.length > 0) this.#hooks.committed(group.length);
    for (const settle of settlements) settle();
  }

  /** First of the group, so that there is nothing else to undo. */
  async #writeTogether(writes: readonly PendingWrite[]): Promise<Settlement[]> {
    const settlements: Settlement[] = [];
    for (const write of writes) {
      const settle = await this.#writeAmong(write);
      if (settle === undefined) return this.#writeApart(writes);
      settlements.push(settle);
    }
    return settlements;
  }

  /** Undefined where it has failed, and what it has changed stands among what the others have. */
  async #writeAmong({ run, resolve, reject }: PendingWrite): Promise<Settlement | undefined> {
    const before = this.#hooks.written();
    try {
      const value = await run();
      return () => resolve(value);
    } catch (reason) {
      if (this.#hooks.written() !== before || storeOutage(reason) !== undefined) return undefined;
      return () => reject(reason);
    }
  }

  async #writeApart(writes: readonly PendingWrite[]): Promise<Settlement[]> {
    this.#undo();
    this.#hooks.undone();
    this.#connection.exec('BEGIN IMMEDIATE');
    const settlements: Settlement[] = [];
    for (const write of writes) settlements.push(await this.#writeOne(write));
    return settlements;
  }

  async #writeOne(write: PendingWrite): Promise<Settlement> {
    this.#connection.exec('SAVEPOINT one');
    try {
      const value = await write.run();
      this.#connection.exec('RELEASE one');
      return () => write.resolve(value);
    } catch (reason) {
      this.#undoOne(reason);
      return () => write.reject(reason);
    }
  }

  /** On a full or failing disk SQLite has undone the whole transaction by itself: the group fails for that reason. */
  #undoOne(reason: unknown): void {
    try {
      this.#connection.exec('ROLLBACK TO one');
      this.#connection.exec('RELEASE one');
    } catch (cause) {
      throw storeOutage(reason) === undefined ? cause : reason;
    }
  }

  /** Linux says once that a sync has failed, and forgets the pages: a later commit could stand on what is not there. */
  #notice(cause: unknown): void {
    if (this.#damage !== undefined || storeOutage(cause) !== 'damaged') return;
    this.#damage = { cause };
    this.#hooks.damaged(cause);
  }

  #undo(): void {
    try {
      this.#connection.exec('ROLLBACK');
    } catch {
      // The transaction never began, or the database has already rolled it back.
    }
  }
}

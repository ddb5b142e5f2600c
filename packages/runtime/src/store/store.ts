import type { Kysely } from 'kysely';
import type { Lane } from '../engine/policy.ts';
import type { NewEventRow } from './event-row.ts';
import type { Look, Lookout } from './lookouts.ts';
import type { ContentRow, Database, StepRow, TaskRow, UsageColumns } from './schema.ts';

/** The query builder over one home's tables. */
export type Query = Kysely<Database>;

/** What happened to a task; told after it is committed. */
export interface TaskChange {
  taskId: string;
  version: number;
  status: TaskRow['status'];
  /** The step that the same write completed or failed. */
  step?: { step: number; status: 'completed' | 'failed' };
}

/** What a write may do besides querying. */
export interface WriteTransaction {
  /** Sees this transaction's own writes. Await nothing but its queries: other writes share the commit and wait. */
  readonly query: Query;
  /** Adds tasks by the prepared statement of the home, each with its first event. */
  insertTasks(tasks: readonly TaskRow[]): Promise<void>;
  /**
   * Says that this write has changed a task: its events are written in this very transaction, from the task's row as it
   * is at the end of it, and listeners are told once it is committed.
   */
  changed(change: TaskChange): void;
  /** Adds events, behind those that their subjects have; who reads along is told once they are committed. */
  addEvents(events: readonly NewEventRow[]): void;
  /** Tells who listens for news of a thing, once this is committed, though it has no new event. */
  poke(subjectId: string): void;
  /** Makes the scheduler look for work once this is committed: queued tasks, freed slots, new replicas. */
  wake(): void;
}

/** A slot's hold on a task. A write under an older epoch is refused, so a late worker cannot harm. */
export interface Lease {
  taskId: string;
  owner: string;
  epoch: number;
}

/** The end of a task, or of a worker's hold on it. */
export type TaskEnd =
  | { status: 'completed'; result: string }
  | { status: 'failed'; error: string }
  /** Handed back unharmed, for instance at shutdown. */
  | { status: 'queued' }
  /** Parked: the commit's step waits, and what completes it queues the task again. `waitingFor` is JSON. */
  | { status: 'waiting'; waitingFor: string };

/** What one executed step changes, committed as one. */
export interface StepCommit {
  lease: Lease;
  /** Absent where a task ends without a further step (a timeout, a limit). */
  step?: StepRow;
  /** Steps that began together with it. */
  moreSteps?: readonly StepRow[];
  /** Tasks that the step hands out; they are added with it, or not at all. */
  children?: readonly TaskRow[];
  /** Tasks that a tree may have: a child beyond them is added as one that has failed. Default: any number. */
  mostInTree?: number;
  /** Pieces of the step's entry that are not stored yet. */
  contents: readonly ContentRow[];
  /** Added to the task's totals. */
  usage: UsageColumns;
  simulated: boolean;
  end?: TaskEnd;
  /** The task that waits for the end of this one: it is told of it in the same commit. */
  parentTaskId?: string | null;
  /** The workflow that it is a step of: it is told of the end in the same commit. */
  workflowId?: string | null;
  now: number;
}

/** What the scheduler offers and asks when it claims. */
export interface Claimer {
  owner: string;
  /** Tasks at once, which others are told of. Default: they are not. */
  slots?: number;
  /** Slots free now; 0 keeps the store from looking. */
  freeSlots(): number;
  /** Chooses among the ready lanes: ids of queued tasks, in the order in which they start. Pure. */
  pick(lanes: readonly Lane[], freeSlots: number): string[];
  /** Claimed and committed tasks, each under a new epoch. */
  deliver(tasks: TaskRow[]): void;
  /** Whether a task that was delivered is still being worked on. One that nobody holds is queued again. */
  holds(taskId: string): boolean;
}

/** Short-lived news between processes. They come in order, or not at all; to the process that sends them, never. */
export interface Signals {
  /** At most 1 200 characters. */
  send(text: string): void;
  /** `onMissed`: told where some may have been missed. Returns the way to stop listening. */
  listen(listener: (text: string) => void, onMissed?: () => void): () => void;
}

/** A way to the tables. */
export interface StoreDoor {
  /** Sees what is committed. */
  readonly query: Query;
  /**
   * Runs `work` in a transaction; resolves after the commit has reached the disk. What `work` throws undoes it alone. It
   * may be run again, where what shares its transaction has failed: what it does beside the transaction is done twice.
   */
  write<Result>(work: (transaction: WriteTransaction) => Promise<Result>): Promise<Result>;
}

/**
 * Where everything durable lives. Two homes behave alike: SQLite inside the process, and Postgres.
 * Writes that arrive together are committed together (group commit), each whole or not at all. The store itself is the
 * door above tenants: the engine's, which works for all of them, and the operator's.
 */
export interface Store extends StoreDoor {
  /**
   * The door of one tenant. On Postgres the database shows and takes behind it that tenant's rows alone, whatever a query
   * asks for; on SQLite that is up to the queries, which the tenant's scope binds.
   */
  ofTenant(tenantId: string): StoreDoor;
  /** Commits a step, an end, or both. False where the lease is no longer held: nothing was written then. */
  commitStep(commit: StepCommit): Promise<boolean>;
  /** From now on claims tasks for this worker whenever there may be work. */
  startClaiming(claimer: Claimer): void;
  /** Stops claiming; claims under way are still delivered before it resolves. */
  stopClaiming(): Promise<void>;
  /** Looks for work now, for instance because a slot became free. */
  wake(): void;
  /** Is told of every committed change of a task. Returns the way to stop listening. */
  onTaskChange(listener: (change: TaskChange) => void): () => void;
  /** Is told of what has new events, tasks included: its id. Returns the way to stop listening. */
  onNewEvents(listener: (subjectId: string) => void): () => void;
  /**
   * Is told where news of other processes may have been missed, since the way on which it comes was cut: what is waited
   * for has to be looked at again. While that way is cut, once a second. Returns the way to stop listening.
   */
  onMissedNews(listener: () => void): () => void;
  /**
   * Looks for what is due: where somebody has written since the last look, here or elsewhere, and where the instant has
   * come that the last look named. Without either it rests.
   */
  lookOut(look: Look): Lookout;
  /** What the processes that share this home tell each other and nobody keeps. */
  readonly signals: Signals;
  /**
   * Gives the room of removed rows back to the disk, a bite of it. Whether there is more. Postgres looks after its own.
   */
  giveBackSpace(): Promise<boolean>;
  close(): Promise<void>;
}

import type { EventId } from '@runctl/core';
import type { EventRow } from '../../store/event-row.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { eventId } from './event-id.ts';
import type { EventSubject } from './event-subject.ts';

/** An event as a stream carries it. */
export interface StreamedEvent {
  /** Null: it is kept nowhere, so no stream can go on after it. */
  id: EventId | null;
  type: string;
  /** All of it, as JSON. */
  json: string;
}

/** A stored event of a feed. */
export interface FeedEvent extends StreamedEvent {
  id: EventId;
  seq: number;
  step: number | null;
  isLast: boolean;
}

/** Events that a feed keeps for those who read along; who is further behind reads for himself. */
const longestTail = 128;
/** Characters of them. */
const largestTail = 262_144;
/** Events of one read: whole tasks and steps, which may be large. */
const pageLimit = 16;

/**
 * The newest events of one thing, read once for all who follow it here.
 *
 *   current --poke--> stale --after()--> reading --> current
 */
export class EventFeed {
  readonly #subject: EventSubject;
  readonly #scope: TenantScope;
  readonly #subjectId: string;
  readonly #wakes = new Set<() => void>();
  /** Without a gap; its end is {@link #head}. */
  #tail: FeedEvent[] = [];
  #tailSize = 0;
  /** Everything up to here has been read; null before the first reader has caught up. */
  #head: number | null = null;
  #isStale = false;
  #reading: Promise<void> | undefined;

  constructor(subject: EventSubject, scope: TenantScope, subjectId: string) {
    this.#subject = subject;
    this.#scope = scope;
    this.#subjectId = subjectId;
  }

  /** Adds a reader, who is called when there may be something new; returns the way to remove it. */
  follow(wake: () => void): () => void {
    this.#wakes.add(wake);
    return () => this.#wakes.delete(wake);
  }

  /** Readers. */
  get followers(): number {
    return this.#wakes.size;
  }

  /** There may be something new. */
  poke(): void {
    this.#isStale = true;
    for (const wake of this.#wakes) wake();
  }

  /** Whether a reader at this place would find something, or has to look. */
  hasAfter(seq: number): boolean {
    // What is being read right now wakes nobody again: who comes by meanwhile waits for it.
    return this.#isStale || this.#reading !== undefined || this.#head === null || seq < this.#head;
  }

  /** The next events after a place, none where there is nothing new. */
  async after(seq: number): Promise<readonly FeedEvent[]> {
    if (this.#head === null || seq < (this.#tail[0]?.seq ?? this.#head + 1) - 1) return this.#readFor(seq);
    if (this.#isStale || this.#reading !== undefined) await this.#catchUp();
    // Meanwhile the tail may have moved on.
    const first = this.#tail[0];
    if (first === undefined) return [];
    return seq < first.seq - 1 ? this.#readFor(seq) : this.#tail.slice(seq - first.seq + 1);
  }

  /**
   * For one reader alone. The first who comes to the end begins the tail for all; a poke meanwhile stays, so that what
   * this read has just missed is read then.
   */
  async #readFor(seq: number): Promise<readonly FeedEvent[]> {
    const page = await this.#read(seq);
    if (page.length < pageLimit) this.#head ??= page.at(-1)?.seq ?? seq;
    return page;
  }

  async #catchUp(): Promise<void> {
    this.#reading ??= this.#extendTail().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #extendTail(): Promise<void> {
    this.#isStale = false;
    try {
      let page: FeedEvent[];
      do {
        page = await this.#read(this.#head ?? 0);
        for (const event of page) this.#append(event);
      } while (page.length === pageLimit);
    } catch (error) {
      this.#isStale = true;
      throw error;
    }
  }

  #append(event: FeedEvent): void {
    this.#tail.push(event);
    this.#tailSize += event.json.length;
    this.#head = event.seq;
    while (this.#tail.length > longestTail || (this.#tailSize > largestTail && this.#tail.length > 1)) {
      this.#tailSize -= this.#tail.shift()?.json.length ?? 0;
    }
  }

  /** By the primary key of the events. */
  async #read(seq: number): Promise<FeedEvent[]> {
    const rows = await this.#scope
      .events()
      .selectAll()
      .where('subject_id', '=', this.#subjectId)
      .where('seq', '>', seq)
      .orderBy('seq')
      .limit(pageLimit)
      .execute();
    if (rows.length === 0) return [];
    const composed = await this.#subject.compose(this.#scope, this.#subjectId, rows);
    const byId = new Map<string, unknown>(composed.map((event) => [event.id, event]));
    return rows.map((row) => this.#toFeedEvent(row, byId));
  }

  /** An event whose step has been removed has nothing to tell, but keeps its place. */
  #toFeedEvent(row: EventRow, composed: ReadonlyMap<string, unknown>): FeedEvent {
    const { seq, type, step } = row;
    const id = eventId(this.#subjectId, seq);
    const event = composed.get(id);
    return {
      id,
      seq,
      type: event === undefined ? '' : type,
      step,
      json: event === undefined ? '' : JSON.stringify(event),
      isLast: this.#subject.isLast(row),
    };
  }
}

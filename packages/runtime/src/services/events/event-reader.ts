import type { LiveEvent } from '../../engine/output-deltas.ts';
import { formatTimestamp } from '../wire/format-timestamp.ts';
import type { EventFeed, FeedEvent, StreamedEvent } from './event-feed.ts';
import { passingEventId } from './event-id.ts';
import { LiveBuffer } from './live-buffer.ts';

/** What a reader is given next. */
export type Delivery =
  | { kind: 'events'; events: readonly StreamedEvent[] }
  /** Nothing has happened for a while. */
  | { kind: 'idle' }
  /** There will be no more events. */
  | { kind: 'end' }
  /** The stream is cut here, though there may be more: a new one goes on after the last event. */
  | { kind: 'cut'; reason: CutReason };

/** Why a stream is cut: the process stops, the key may no longer read, or events were removed before they were read. */
export type CutReason = 'stopping' | 'revoked' | 'pruned';

/** What a reader reads. */
export interface EventReaderOptions {
  subjectId: string;
  feed: EventFeed;
  /** The place after which to begin; 0: from the oldest event. */
  after: number;
  /** Types that are wanted; undefined: all. */
  types: readonly string[] | undefined;
  /** Adds a listener for what is kept nowhere; returns the way to remove it. */
  listen(listener: (event: LiveEvent) => void): () => void;
  /** After so much silence a reader is told that nothing happens, milliseconds. */
  idleMs: number;
  now(): number;
  /** Called once, when the reader has left. */
  onClose(): void;
}

/**
 * One reader of the events of one thing. It keeps nothing but its place and a bounded piece of text: what comes next is
 * read when it is asked for, so a slow reader costs no memory.
 */
export class EventReader {
  readonly #options: EventReaderOptions;
  readonly #live = new LiveBuffer();
  readonly #stops: (() => void)[];
  #place: number;
  /** Events given that are kept nowhere. */
  #passing = 0;
  #isAtEnd = false;
  #isClosed = false;
  #cut: CutReason | undefined;
  #wake: (() => void) | undefined;

  constructor(options: EventReaderOptions) {
    this.#options = options;
    this.#place = options.after;
    this.#stops = [
      options.feed.follow(() => this.#wake?.()),
      options.listen((event) => {
        if (this.#live.push(event)) this.#wake?.();
      }),
      options.onClose,
    ];
  }

  /** Resolves when there is something to say. One call at a time. */
  async next(): Promise<Delivery> {
    for (;;) {
      if (this.#cut !== undefined) return { kind: 'cut', reason: this.#cut };
      if (this.#isAtEnd || this.#isClosed) return { kind: 'end' };
      const events = await this.#read();
      const wanted = events.filter(({ type }) => this.#isWanted(type));
      if (wanted.length > 0) return { kind: 'events', events: wanted };
      if (events.length === 0 && !this.#hasNews() && !(await this.#news())) return { kind: 'idle' };
    }
  }

  /** Ends the stream for a reason of ours. */
  cut(reason: CutReason): void {
    this.#cut ??= reason;
    this.#wake?.();
  }

  /** The reader has left: nothing of it stays. */
  close(): void {
    this.#isClosed = true;
    for (const stop of this.#stops.splice(0)) stop();
    this.#wake?.();
  }

  #isWanted(type: string): boolean {
    const { types } = this.#options;
    return type !== '' && (types === undefined || types.includes(type));
  }

  #hasNews(): boolean {
    const isOver = this.#cut !== undefined || this.#isClosed || this.#isAtEnd;
    return isOver || this.#live.length > 0 || this.#options.feed.hasAfter(this.#place);
  }

  /** What is kept, in its order, and between it what is not: text comes before the end of its step. */
  async #read(): Promise<StreamedEvent[]> {
    // What was there before the look belongs to a step whose predecessor this look finds.
    const before = this.#live.length;
    if (!this.#options.feed.hasAfter(this.#place)) return this.#toStreamed(this.#live.take(before));
    const page = await this.#options.feed.after(this.#place);
    const [first] = page;
    if (first !== undefined && this.#place > 0 && first.seq !== this.#place + 1) {
      this.cut('pruned');
      return [];
    }
    const events = page.flatMap((event) => this.#withText(event));
    const rest = this.#isAtEnd ? [] : this.#live.take(Math.max(0, before - (events.length - page.length)));
    return [...events, ...this.#toStreamed(rest)];
  }

  #withText(event: FeedEvent): StreamedEvent[] {
    this.#place = event.seq;
    this.#isAtEnd ||= event.isLast;
    return event.step === null ? [event] : [...this.#toStreamed(this.#live.takeUpTo(event.step)), event];
  }

  #toStreamed(events: readonly LiveEvent[]): StreamedEvent[] {
    const { subjectId, now } = this.#options;
    return events.map((event) => {
      const { type, step } = event;
      const data = type === 'step.started' ? event.data : { step, text: event.text };
      this.#passing += 1;
      const id = passingEventId(subjectId, this.#place, this.#passing);
      const json = JSON.stringify({ id, taskId: subjectId, createdAt: formatTimestamp(now()), type, data });
      return { id: null, type, json };
    });
  }

  /** False where nothing comes for a while. */
  #news(): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (isNews: boolean) => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve(isNews);
      };
      const timer = setTimeout(() => settle(false), this.#options.idleMs);
      this.#wake = () => settle(true);
    });
  }
}

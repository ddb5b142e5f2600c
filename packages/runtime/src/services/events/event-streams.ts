import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveOutput } from '../../engine/output-deltas.ts';
import type { Store } from '../../store/store.ts';
import type { Authentication } from '../authentication.ts';
import { Failure } from '../failure.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { EventFeed } from './event-feed.ts';
import { placeIn } from './event-id.ts';
import { EventReader } from './event-reader.ts';
import type { EventSubject } from './event-subject.ts';
import { OpenReaders, type ReaderOwner } from './open-readers.ts';

/** How often a feed looks though nobody said that there is something new, milliseconds: notifications may be lost. */
const slowPollMs = 5_000;
/** Of many feeds, so many look together, and the next ones so many milliseconds later. */
const feedsAtOnce = 20;
const betweenFeedsMs = 25;
/** After so much silence a reader is told that nothing happens, milliseconds. */
const idleMs = 15_000;

/** What streams are made of. */
export interface EventStreamsParts {
  store: Pick<Store, 'onNewEvents' | 'onMissedNews'>;
  live: LiveOutput;
  authentication: Pick<Authentication, 'goodKeyIds'>;
  now: () => number;
}

/** What a stream is to carry. */
export interface StreamQuery {
  /** The id of an event, or whatever the reader takes for one. */
  after: string | undefined;
  /** Undefined: all. */
  types: readonly string[] | undefined;
}

/** A stream that is open. */
export interface OpenedStream {
  reader: EventReader;
  /** There where `after` names no event: the stream then begins with the oldest. */
  note: string | undefined;
}

/** The live streams of this process: one feed a thing, however many read it. */
export class EventStreams {
  readonly #parts: EventStreamsParts;
  readonly #feeds = new Map<string, EventFeed>();
  readonly #readers: OpenReaders;
  readonly #stops: readonly (() => void)[];

  constructor(parts: EventStreamsParts) {
    this.#parts = parts;
    this.#readers = new OpenReaders(parts.authentication);
    const timer = setInterval(() => void this.#pokeAll(), slowPollMs).unref();
    this.#stops = [
      parts.store.onNewEvents((subjectId) => this.#feeds.get(subjectId)?.poke()),
      parts.store.onMissedNews(() => void this.#pokeAll()),
      () => clearInterval(timer),
    ];
  }

  /** Open streams, and the things that they are of. */
  get size(): { readers: number; feeds: number } {
    return { readers: this.#readers.size, feeds: this.#feeds.size };
  }

  /**
   * Opens a stream; whoever opens it closes its reader. Null where the reader has the last event already.
   *
   * @throws {Failure} `task.not_found` and the like; `event.gone` - events after this one have been removed, or it
   * belongs to something else; `rate_limit.exceeded`; `runtime.stopping`
   */
  async open(
    subject: EventSubject,
    scope: TenantScope,
    subjectId: string,
    owner: ReaderOwner,
    { after, types }: StreamQuery,
  ): Promise<OpenedStream | null> {
    this.#readers.checkRoom(owner);
    await subject.find(scope, subjectId);
    const place = after === undefined || after === '' ? undefined : placeIn(subjectId, after);
    if (place !== undefined && (await this.#isAtEnd(subject, scope, subjectId, place))) return null;
    const isOdd = after !== undefined && after !== '' && place === undefined;
    return {
      reader: this.#read(subject, scope, subjectId, owner, { after: place?.seq ?? 0, types }),
      note: isOdd ? 'What to go on after is no id of an event: this is the oldest.' : undefined,
    };
  }

  /** Cuts all streams; the process is about to end. */
  close(): void {
    for (const stop of this.#stops) stop();
    this.#readers.stop();
  }

  /** Each feed reads by itself: a few at a time, so that requests come in between. */
  async #pokeAll(): Promise<void> {
    let poked = 0;
    for (const [subjectId, feed] of [...this.#feeds]) {
      if (this.#feeds.get(subjectId) === feed) feed.poke();
      poked += 1;
      if (poked % feedsAtOnce === 0) await sleep(betweenFeedsMs, undefined, { ref: false });
    }
  }

  #read(
    subject: EventSubject,
    scope: TenantScope,
    subjectId: string,
    owner: ReaderOwner,
    { after, types }: { after: number; types: readonly string[] | undefined },
  ): EventReader {
    const feed = this.#feeds.get(subjectId) ?? new EventFeed(subject, scope, subjectId);
    this.#feeds.set(subjectId, feed);
    const { live, now } = this.#parts;
    const forget = () => {
      if (feed.followers === 0 && this.#feeds.get(subjectId) === feed) this.#feeds.delete(subjectId);
      strikeOff();
    };
    const listen = (listener: Parameters<LiveOutput['listen']>[1]) => live.listen(subjectId, listener);
    const reader = new EventReader({ subjectId, feed, after, types, listen, idleMs, now, onClose: forget });
    const strikeOff = this.#readers.add(reader, owner);
    return reader;
  }

  /** @throws {Failure} `event.gone` */
  async #isAtEnd(
    subject: EventSubject,
    scope: TenantScope,
    subjectId: string,
    place: { isOfSubject: boolean; seq: number },
  ): Promise<boolean> {
    if (!place.isOfSubject) throw gone('The event belongs to something else.');
    if (place.seq === 0) return false;
    const events = scope.events().selectAll().where('subject_id', '=', subjectId);
    const [next, last] = await Promise.all([
      events.where('seq', '>', place.seq).orderBy('seq').limit(1).executeTakeFirst(),
      events.orderBy('seq', 'desc').limit(1).executeTakeFirst(),
    ]);
    if (next !== undefined && next.seq > place.seq + 1) throw gone('Events after it have been removed.');
    if (next === undefined && last?.seq !== place.seq) throw gone('There is no such event.');
    return next === undefined && last !== undefined && subject.isLast(last);
  }
}

function gone(reason: string): Failure {
  return new Failure('event.gone', `The stream cannot go on after this event. ${reason}`, {
    hint: 'Read what the thing is now, then open the stream without an event to go on after.',
  });
}

import type { EventId } from '@runctl/core';
import { describe, expect, it } from 'vitest';
import type { LiveEvent } from '../../engine/output-deltas.ts';
import type { EventRow } from '../../store/event-row.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { EventFeed } from './event-feed.ts';
import { eventId, passingEventId, placeIn } from './event-id.ts';
import { EventReader } from './event-reader.ts';
import { LiveBuffer } from './live-buffer.ts';

const subjectId = `tsk_${'0'.repeat(25)}7`;

/** A thing whose events are in a list, and a count of how often it was read. */
class Thing {
  readonly rows: EventRow[] = [];
  reads = 0;
  readonly feed: EventFeed;
  tell: (event: LiveEvent) => void = () => {};

  constructor() {
    this.feed = new EventFeed(
      {
        find: async () => {},
        compose: async (_scope, _id, rows) => rows.map(({ seq, type }) => ({ id: eventId(subjectId, seq), type })),
        isLast: ({ type }) => type === 'end',
      },
      this.#scope(),
      subjectId,
    );
  }

  add(type: string, step: number | null = null): void {
    const seq = (this.rows.at(-1)?.seq ?? 0) + 1;
    this.rows.push({ subject_id: subjectId, seq, tenant_id: 'tnt_1', type, step, data: null, created_at: 0 });
    this.feed.poke();
  }

  reader(after = 0, idleMs = 5_000): EventReader {
    const listen = (listener: (event: LiveEvent) => void) => {
      const before = this.tell;
      this.tell = (event) => {
        before(event);
        listener(event);
      };
      return () => {};
    };
    const rest = { types: undefined, idleMs, now: () => 0, onClose: () => {} };
    return new EventReader({ subjectId, feed: this.feed, after, listen, ...rest });
  }

  /** The one query that a feed makes. */
  #scope(): TenantScope {
    let after = 0;
    const query = {
      selectAll: () => query,
      where: (_column: string, operator: string, value: number) => {
        if (operator === '>') after = value;
        return query;
      },
      orderBy: () => query,
      limit: (count: number) => ({
        execute: async () => {
          this.reads += 1;
          const from = after;
          const found = this.rows.filter(({ seq }) => seq > from).slice(0, count);
          await new Promise((resolve) => setTimeout(resolve, 2));
          return found;
        },
      }),
    };
    return { events: () => query } as unknown as TenantScope;
  }
}

/** Types of the events until there are so many. */
async function read(reader: EventReader, count: number): Promise<string[]> {
  const types: string[] = [];
  while (types.length < count) {
    const delivery = await reader.next();
    if (delivery.kind !== 'events') return [...types, delivery.kind];
    types.push(
      ...delivery.events.map(({ type, json, id }) => (id === null ? (JSON.parse(json).data.text ?? type) : type)),
    );
  }
  return types;
}

const delta = (step: number, text: string): LiveEvent => ({ type: 'output.delta', step, text });

describe('a reader', () => {
  it('is given what is there, what comes, and the end', async () => {
    const thing = new Thing();
    for (let n = 0; n < 40; n += 1) thing.add('old');
    const reader = thing.reader();
    expect(await read(reader, 40)).toHaveLength(40);
    const coming = read(reader, 3);
    thing.add('new');
    setTimeout(() => thing.add('end'), 10);
    expect(await coming).toEqual(['new', 'end', 'end']);
  });

  it('is told now and then that nothing happens', async () => {
    const thing = new Thing();
    expect(await thing.reader(0, 10).next()).toEqual({ kind: 'idle' });
  });

  it('is given text before the end of its step, and the rest of a step that has ended never', async () => {
    const thing = new Thing();
    const reader = thing.reader();
    thing.tell(delta(1, 'a'));
    const first = read(reader, 1);
    thing.tell(delta(1, 'b'));
    expect(await first).toEqual(['ab']);
    thing.tell(delta(1, 'c'));
    thing.add('step.completed', 1);
    thing.tell(delta(1, 'late'));
    thing.tell(delta(2, 'd'));
    expect(await read(reader, 3)).toEqual(['clate', 'step.completed', 'd']);
    thing.tell(delta(1, 'too late'));
    thing.add('end');
    expect(await read(reader, 2)).toEqual(['end', 'end']);
  });

  it('misses nothing that comes while it reads, whatever the others do', async () => {
    const thing = new Thing();
    const adding = setInterval(() => thing.add('more'), 1);
    const readers = Array.from({ length: 30 }, (_, index) => thing.reader(0, 5_000 + index));
    setTimeout(() => {
      clearInterval(adding);
      thing.add('end');
    }, 150);
    const stories = await Promise.all(readers.map((reader) => read(reader, Number.POSITIVE_INFINITY)));
    for (const story of stories) expect(story).toHaveLength(thing.rows.length + 1);
  });

  it('costs no read of its own where it reads along', async () => {
    const thing = new Thing();
    const readers = Array.from({ length: 50 }, () => thing.reader());
    const stories = Promise.all(readers.map((reader) => read(reader, 21)));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const before = thing.reads;
    for (let n = 0; n < 20; n += 1) thing.add('new');
    thing.add('end');
    await stories;
    expect(thing.reads - before).toBeLessThan(8);
  });

  it('is cut where what it comes to next was removed', async () => {
    const thing = new Thing();
    for (let n = 0; n < 9; n += 1) thing.add('old');
    thing.rows.splice(0, 5);
    expect(await thing.reader(2).next()).toEqual({ kind: 'cut', reason: 'pruned' });
  });
});

describe('text that waits for a reader', () => {
  it('grows together, and is left out once it is too much', () => {
    const buffer = new LiveBuffer();
    for (let n = 0; n < 100; n += 1) buffer.push(delta(1, 'x'.repeat(1_000)));
    buffer.push(delta(2, 'next'));
    const [first, second] = buffer.takeUpTo(2);
    expect([first?.type === 'output.delta' && first.text.length, second]).toEqual([65_000, delta(2, 'next')]);
    expect(buffer.push(delta(2, 'late'))).toBe(false);
  });
});

describe('the id of an event', () => {
  it('sorts as its place does, and is read back', () => {
    const places = [1, 9, 31, 32, 1_023, 1_024, 1_000_000, 2 ** 30 - 1];
    const ids = places.map((place) => eventId(subjectId, place));
    expect(ids.toSorted()).toEqual(ids);
    expect(ids.map((id) => placeIn(subjectId, id))).toEqual(places.map((seq) => ({ isOfSubject: true, seq })));
    const passing: EventId = passingEventId(subjectId, 9, 1);
    expect([eventId(subjectId, 9) < passing, passing < eventId(subjectId, 10)]).toEqual([true, true]);
    expect(placeIn(subjectId, passing)).toEqual({ isOfSubject: true, seq: 9 });
    expect(placeIn(`tsk_${'1'.repeat(26)}`, eventId(subjectId, 1))?.isOfSubject).toBe(false);
    for (const odd of ['', 'evt_', 'evt_1', '7', `evt_${'u'.repeat(32)}`])
      expect(placeIn(subjectId, odd)).toBe(undefined);
  });
});

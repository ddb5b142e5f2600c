import { describe, expect, it } from 'vitest';
import { RunctlValidationError } from '../errors/api-error.ts';
import type { Transport, TransportRequest } from '../transport/transport.ts';
import type { EventStream } from './event-stream.ts';
import { eventsOf } from './events-of.ts';

/** A transport that notes what it is asked and answers with the next of the given answers. */
function noting(...answers: unknown[]) {
  const asked: (TransportRequest & { options?: object | undefined })[] = [];
  const stream = { streamed: true } as unknown as EventStream<never>;
  const transport: Transport = {
    baseUrl: 'https://api.test/v1',
    request: async <Result>(request: TransportRequest, options?: object) => {
      asked.push({ ...request, options });
      return answers.shift() as Result;
    },
    stream: (request, options) => {
      asked.push({ ...request, options });
      return stream;
    },
  };
  const collection = { route: 'GET /tasks/:taskId/events', param: 'taskId' };
  return { asked, stream, events: eventsOf<{ id: string }, { type?: string | string[] }>(transport, collection) };
}

const page = (id: string, nextCursor: string | null) => ({
  data: [{ id }],
  pagination: { page: null, limit: 1, total: null, totalPages: null, hasMore: nextCursor !== null },
  nextCursor,
});

describe('eventsOf', () => {
  it('lists a page along its route', async () => {
    const { asked, events } = noting(page('evt_1', null));
    const { data } = await events.list('tsk_1', { type: 'log', limit: 5 }, { retries: 1 });
    expect(data).toEqual([{ id: 'evt_1' }]);
    expect(asked).toEqual([
      {
        route: 'GET /tasks/:taskId/events',
        params: { taskId: 'tsk_1' },
        answer: 'page',
        query: { type: 'log', limit: 5 },
        options: { retries: 1 },
      },
    ]);
  });

  it('iterates over all pages by their cursors, its filter kept', async () => {
    const { asked, events } = noting(page('evt_1', 'c2'), page('evt_2', null));
    expect(await events.iter('tsk_1', { type: 'log' }).toArray({ limit: 10 })).toEqual([
      { id: 'evt_1' },
      { id: 'evt_2' },
    ]);
    expect(asked.map(({ query }) => query)).toEqual([{ type: 'log' }, { type: 'log', cursor: 'c2' }]);
  });

  it('streams below the list', () => {
    const { asked, events, stream } = noting();
    expect(events.stream('tsk_1', { type: 'log' }, { after: 'evt_1' })).toBe(stream);
    expect(asked).toMatchObject([{ route: 'GET /tasks/:taskId/events/stream', options: { after: 'evt_1' } }]);
  });

  it('writes the address of a stream without sending anything, and with no credential in it', () => {
    const { asked, events } = noting();
    expect(events.streamUrl('tsk_1', { type: ['log', 'step.failed'], after: 'evt_1' })).toBe(
      'https://api.test/v1/tasks/tsk_1/events/stream?type=log&type=step.failed&after=evt_1',
    );
    expect(asked).toEqual([]);
  });

  it('refuses an id that would climb out of its path', () => {
    const { events } = noting();
    for (const id of ['', '..', '.']) expect(() => events.streamUrl(id)).toThrow(RunctlValidationError);
  });

  it('asks for a token and puts it into the address', async () => {
    const { asked, events } = noting({ token: 'a+b', expiresAt: '2026-11-20T08:30:00.000Z' });
    expect(await events.createStreamUrl('tsk_1', { type: 'log' })).toEqual({
      url: 'https://api.test/v1/tasks/tsk_1/events/stream?type=log&token=a%2Bb',
      expiresAt: '2026-11-20T08:30:00.000Z',
    });
    expect(asked).toMatchObject([{ route: 'POST /tasks/:taskId/events/stream-tokens', params: { taskId: 'tsk_1' } }]);
  });
});

/// <reference types="node" />
import { getEventListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { failsAtOnce } from '@runctl/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { createClient } from '../client.ts';
import { RunctlAbortError } from '../errors/abort-error.ts';
import { RunctlApiError, RunctlNotFoundError, RunctlServerError } from '../errors/api-error.ts';
import { RunctlDecodeError } from '../errors/decode-error.ts';
import { RunctlNetworkError } from '../errors/network-error.ts';
import type { StreamOptions } from '../options/request-options.ts';
import { type EventStream, openEventStream } from './event-stream.ts';

interface TestEvent {
  n: number;
}
type Handler = (response: ServerResponse, request: IncomingMessage, connection: number) => void;

const END = 'event: end\ndata: {}\n\n';
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server whose handler is told, from 1, which connection it answers, and what it was asked to resume after. */
async function serve(handler: Handler) {
  const seen = {
    lastEventIds: [] as (string | undefined)[],
    startedAt: [] as number[],
    open: new Set<ServerResponse>(),
  };
  const server = createServer((request, response) => {
    seen.lastEventIds.push(request.headers['last-event-id'] as string | undefined);
    seen.startedAt.push(performance.now());
    seen.open.add(response);
    response.on('close', () => seen.open.delete(response));
    handler(response, request, seen.lastEventIds.length);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const stream = (options: StreamOptions = {}): EventStream<TestEvent> =>
    openEventStream<TestEvent>({ options, connect: (id, signal) => connect(url, id, signal) });
  return { ...seen, stream, url };
}

/** What the transport does, in short. */
async function connect(url: string, lastEventId: string | null, signal: AbortSignal): Promise<Response> {
  const headers = lastEventId === null ? {} : { 'last-event-id': lastEventId };
  const response = await fetch(url, { headers, signal }).catch((cause: unknown) => {
    throw new RunctlNetworkError('No answer.', { code: 'network.failed', retryable: true, cause });
  });
  if (response.status === 404) throw new RunctlNotFoundError('No such task.', { code: 'task.not_found', status: 404 });
  if (!response.ok) {
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
    throw new RunctlServerError('Busy.', {
      code: 'server.busy',
      status: response.status,
      retryable: true,
      ...(Number.isNaN(retryAfter) ? {} : { retryAfter }),
    });
  }
  return response;
}

function send(response: ServerResponse, text: string): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(text);
}

const id = (n: number) => `evt_${String(n).padStart(26, '0')}`;
const event = (n: number) => `id: ${id(n)}\ndata: {"n":${n}}\n\n`;

async function collect(stream: EventStream<TestEvent>): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { n } of stream) numbers.push(n);
  return numbers;
}

const until = (condition: () => boolean) => expect.poll(condition, { interval: 5 }).toBe(true);

describe('an event stream that goes well', () => {
  it('delivers each event and ends at the end event without another connection', async () => {
    const server = await serve((response) => response.end(send(response, event(1) + event(2) + END)));
    const stream = server.stream();
    expect(await collect(stream)).toEqual([1, 2]);
    expect(stream.lastEventId).toBe(id(2));
    expect(server.lastEventIds).toEqual([undefined]);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('ends at an end event whose id was seen before', async () => {
    const server = await serve((response) => send(response, `${event(1)}id: ${id(1)}\n${END}`));
    expect(await collect(server.stream())).toEqual([1]);
  });

  it('sends nothing before the first event is asked for', async () => {
    const server = await serve((response) => send(response, END));
    const stream = server.stream();
    await stream.close();
    expect(await collect(stream)).toEqual([]);
    expect(server.lastEventIds).toEqual([]);
  });

  it('resumes after the id that the caller gives', async () => {
    const server = await serve((response) => send(response, event(7) + event(8) + END));
    expect(await collect(server.stream({ after: id(7) }))).toEqual([8]);
    expect(server.lastEventIds).toEqual([id(7)]);
  });

  it('ends at 204', async () => {
    const server = await serve((response) => response.writeHead(204).end());
    expect(await collect(server.stream())).toEqual([]);
    expect(server.lastEventIds).toHaveLength(1);
  });

  it('takes the name of an event for a name, whatever it is', async () => {
    const named = (name: string, n: number) => `event: ${name}\ndata: {"n":${n}}\n\n`;
    const text = named('error', 1) + named('__proto__', 2) + named('constructor', 3) + END;
    const server = await serve((response) => send(response, text));
    expect(await collect(server.stream())).toEqual([1, 2, 3]);
  });

  it('answers several calls of next() in order', async () => {
    const server = await serve((response) => send(response, event(1) + event(2) + END));
    const stream = server.stream();
    const results = await Promise.all([stream.next(), stream.next(), stream.next()]);
    expect(results.map(({ value }) => value?.n)).toEqual([1, 2, undefined]);
  });

  it('reads no faster than its loop', async () => {
    const megabyte = `: ${'x'.repeat(1024 * 1024)}\n`;
    let written = 0;
    const server = await serve((response) => {
      send(response, event(1));
      const fill = () => {
        while (written < 64) {
          written += 1;
          if (!response.write(megabyte)) return void response.once('drain', fill);
        }
        response.end(END);
      };
      fill();
    });
    const stream = server.stream();
    await stream.next();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(written).toBeLessThan(32);
    expect(await collect(stream)).toEqual([]);
    expect(written).toBe(64);
  });
});

describe('an event stream whose connection is lost', () => {
  it('reconnects after the last whole event, and does not deliver the one that was cut', async () => {
    const server = await serve((response, _, connection) => {
      if (connection === 1) {
        send(response, `retry: 10\n\n${event(1)}${event(2)}id: ${id(3)}\ndata: {"n":3}\n`);
        setTimeout(() => response.destroy(), 20);
      } else send(response, event(3) + END);
    });
    expect(await collect(server.stream())).toEqual([1, 2, 3]);
    expect(server.lastEventIds).toEqual([undefined, id(2)]);
  });

  it('drops the events that it has delivered already', async () => {
    const server = await serve((response, _, connection) => {
      send(response, `retry: 10\n\n${event(9)}${event(10)}`);
      if (connection === 2) send(response, event(11) + END);
      response.end();
    });
    expect(await collect(server.stream())).toEqual([9, 10, 11]);
  });

  it('delivers events without an id', async () => {
    const server = await serve((response) => send(response, `${event(1)}data: {"n":2}\n\ndata: {"n":3}\n\n${END}`));
    expect(await collect(server.stream())).toEqual([1, 2, 3]);
  });

  it('moves its place along an event of an id alone', async () => {
    const server = await serve((response, _, connection) => {
      send(response, connection === 1 ? `retry: 10\nid: ${id(5)}\n\n` : END);
      response.end();
    });
    const stream = server.stream();
    expect(await collect(stream)).toEqual([]);
    expect(server.lastEventIds).toEqual([undefined, id(5)]);
  });

  it('keeps a floor under retry: 0 and a cap over an endless retry', async () => {
    const server = await serve((response, _, connection) => {
      send(response, `retry: 0\n\n${connection === 4 ? `${event(connection)}${END}` : event(connection)}`);
      response.end();
    });
    expect(await collect(server.stream())).toEqual([1, 2, 3, 4]);
    const gaps = server.startedAt.slice(1).map((at, index) => at - (server.startedAt[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(190);
  });

  it('waits as long as Retry-After says', async () => {
    const server = await serve((response, _, connection) => {
      if (connection === 1) response.writeHead(503, { 'retry-after': '1' }).end();
      else send(response, event(1) + END);
    });
    expect(await collect(server.stream())).toEqual([1]);
    const [first = 0, second = 0] = server.startedAt;
    expect(second - first).toBeGreaterThan(990);
  });

  it('does not wait for a Retry-After of an hour', async () => {
    const server = await serve((response) => response.writeHead(503, { 'retry-after': '3600' }).end());
    await expect(server.stream().next()).rejects.toMatchObject({ status: 503, retryAfter: 3600 });
    expect(server.lastEventIds).toHaveLength(1);
  });

  it('gives up after as many fruitless connections in a row as retries says', async () => {
    const server = await serve((response) => response.writeHead(503).end());
    await expect(server.stream({ retries: 1 }).next()).rejects.toBeInstanceOf(RunctlServerError);
    expect(server.lastEventIds).toHaveLength(2);
  });

  it('takes silence for a dead connection, and comments for life', async () => {
    const server = await serve((response, _, connection) => {
      if (connection === 1) return send(response, `retry: 10\n\n${event(1)}`);
      send(response, ': hello\n');
      let beats = 0;
      const heart = setInterval(() => {
        beats += 1;
        send(response, beats < 8 ? ':\n' : event(2) + END);
        if (beats === 8) clearInterval(heart);
      }, 250);
    });
    expect(await collect(server.stream({ idleTimeout: 1_500 }))).toEqual([1, 2]);
    expect(server.lastEventIds).toEqual([undefined, id(1)]);
  });

  it('takes silence before the headers for a dead connection, too', async () => {
    const server = await serve((response, _, connection) => {
      if (connection > 1) send(response, event(1) + END);
    });
    expect(await collect(server.stream({ idleTimeout: 300 }))).toEqual([1]);
  });

  it('does not count the time that its loop takes as silence', async () => {
    const server = await serve((response) => {
      send(response, event(1));
      setTimeout(() => response.end(send(response, event(2) + END)), 50);
    });
    const numbers: number[] = [];
    for await (const { n } of server.stream({ idleTimeout: 1_000 })) {
      numbers.push(n);
      if (n === 1) await new Promise((resolve) => setTimeout(resolve, 1_500));
    }
    expect(numbers).toEqual([1, 2]);
    expect(server.lastEventIds).toHaveLength(1);
  });
});

describe('an event stream that must stop', () => {
  it('rejects once with the typed error where another connection would not help, and is done then', async () => {
    const server = await serve((response) => response.writeHead(404).end());
    const stream = server.stream();
    await expect(stream.next()).rejects.toBeInstanceOf(RunctlApiError);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(server.lastEventIds).toHaveLength(1);
  });

  it('reports data that is not JSON with its text, closes, and knows the id to go on after', async () => {
    const server = await serve((response) => send(response, `${event(1)}id: ${id(2)}\ndata: <html>\n\n${event(3)}`));
    const stream = server.stream();
    await stream.next();
    await expect(stream.next()).rejects.toThrow('<html>');
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(stream.lastEventId).toBe(id(2));
    await until(() => server.open.size === 0);
  });

  it('refuses an endless line without another connection', async () => {
    const server = await serve((response) => {
      send(response, 'data: ');
      const fill = () => {
        while (!response.destroyed && response.write('x'.repeat(1024 * 1024)));
        if (!response.destroyed) response.once('drain', fill);
      };
      fill();
    });
    await expect(server.stream().next()).rejects.toBeInstanceOf(RunctlDecodeError);
    expect(server.lastEventIds).toHaveLength(1);
  });

  it('closes the socket when the loop is left', async () => {
    const server = await serve((response) => send(response, event(1) + event(2)));
    for await (const _ of server.stream()) break;
    await until(() => server.open.size === 0);
    const stream = server.stream();
    await expect(
      (async () => {
        for await (const _ of stream) throw new TypeError('mine');
      })(),
    ).rejects.toThrow('mine');
    await until(() => server.open.size === 0);
  });

  it.each([
    ['while it connects', () => {}],
    ['before the first event', (response: ServerResponse) => send(response, ': hello\n')],
    ['between events', (response: ServerResponse) => send(response, event(1))],
    ['between connections', (response: ServerResponse) => response.writeHead(503, { 'retry-after': '30' }).end()],
  ])('ends at once at an abort %s, with the reason as its cause', async (_, handler: (r: ServerResponse) => void) => {
    const server = await serve(handler);
    const controller = new AbortController();
    const ended = collect(server.stream({ signal: controller.signal }));
    await until(() => server.lastEventIds.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    controller.abort('enough');
    const error = await failsAtOnce(ended);
    expect(error).toBeInstanceOf(RunctlAbortError);
    expect((error as Error).cause).toBe('enough');
    await until(() => server.open.size === 0);
    expect(server.lastEventIds).toHaveLength(1);
  });

  it('ends without an error when it is closed while its loop waits', async () => {
    const server = await serve((response) => send(response, event(1)));
    const stream = server.stream();
    const numbers = collect(stream);
    await until(() => stream.lastEventId !== null);
    await stream.close();
    expect(await numbers).toEqual([1]);
    await until(() => server.open.size === 0);
  });
});

describe('a stream of a client', () => {
  const route = { route: 'GET /tasks/:taskId/events/stream', params: { taskId: 'tsk_1' } };
  const clientOf = (url: string) => createClient({ apiKey: 'rctl_test', baseUrl: url, resources: {} });

  it('reconnects with its key and its place, but without an id that no header can carry', async () => {
    const keys: (string | undefined)[] = [];
    const server = await serve((response, request, connection) => {
      keys.push(request.headers.authorization);
      send(response, connection === 1 ? `retry: 10\n\n${event(1)}` : 'id: 日本\ndata: {"n":2}\n\n');
      response.end(connection === 3 ? END : '');
    });
    const stream = clientOf(server.url).stream<TestEvent>(route);
    expect(await collect(stream)).toEqual([1, 2]);
    expect(server.lastEventIds).toEqual([undefined, id(1), undefined]);
    expect(stream.lastEventId).toBe('日本');
    expect(keys).toEqual(Array.from({ length: 3 }, () => 'Bearer rctl_test'));
  });

  it.each([
    ['a page of a proxy', 200, 'text/html', RunctlDecodeError],
    ['a key that is not known', 401, 'application/problem+json', RunctlApiError],
    ['a task that is not there', 404, 'application/problem+json', RunctlNotFoundError],
  ])('rejects with a typed error, without another connection, at %s', async (_, status, type, ErrorClass) => {
    const server = await serve((response) => response.writeHead(status, { 'content-type': type }).end('{}'));
    await expect(clientOf(server.url).stream(route).next()).rejects.toBeInstanceOf(ErrorClass);
    expect(server.lastEventIds).toHaveLength(1);
  });

  it('closes its connection when the loop is left, and when the signal aborts', async () => {
    const server = await serve((response) => send(response, event(1)));
    const client = clientOf(server.url);
    for await (const _ of client.stream(route)) break;
    await until(() => server.open.size === 0);
    const controller = new AbortController();
    const stream = client.stream(route, { signal: controller.signal });
    await stream.next();
    controller.abort();
    await expect(stream.next()).rejects.toBeInstanceOf(RunctlAbortError);
    await until(() => server.open.size === 0);
  });

  it('leaves no listener on a signal that outlives it', async () => {
    const server = await serve((response) => response.end(send(response, event(1) + END)));
    const { signal } = new AbortController();
    for (let round = 0; round < 3; round += 1) {
      expect(await collect(clientOf(server.url).stream<TestEvent>(route, { signal }))).toEqual([1]);
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

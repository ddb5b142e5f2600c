import { connect } from 'node:net';
import { Runctl, RunctlAuthenticationError, RunctlNotFoundError } from '@runctl/sdk';
import type { TaskEvent } from '@runctl/tasks';
import { startChatCompletionsServer } from '@runctl/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type StreamingRuntime, startStreamingRuntime, startWire } from './event-streams.test-rig.ts';

let rig: StreamingRuntime;
beforeAll(async () => {
  rig = await startStreamingRuntime();
});
afterAll(() => rig.stop());

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

/** A task's whole story, as it is kept. */
const wholeStory = [
  'task.status queued',
  'task.status running',
  'step.completed 1',
  'step.completed 2',
  'step.completed 3',
  'step.completed 4',
  'step.completed 5',
  'task.status completed',
];
const isKept = ({ type }: TaskEvent) => type !== 'output.delta' && type !== 'step.started';

function inShort(event: TaskEvent): string {
  if (event.type === 'task.status') return `${event.type} ${event.data.status}`;
  return 'step' in event.data ? `${event.type} ${event.data.step}` : event.type;
}

async function collect(events: AsyncIterable<TaskEvent>): Promise<TaskEvent[]> {
  const all: TaskEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** Reads a stream as a browser does: an address and nothing else. */
async function readAddress(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const response = await fetch(url, { headers });
  return { status: response.status, text: await response.text() };
}

describe('a stream of a task', () => {
  it('tells what happened and what happens, and ends by itself', async () => {
    const task = await rig.task(await rig.agent(20));
    const events = await collect(rig.client.tasks.events.stream(task.id));
    expect(events.filter(isKept).map(inShort)).toEqual(wholeStory);
    const statuses = events.flatMap((event) => (event.type === 'task.status' ? [event.data] : []));
    expect(statuses.map(({ version, attempt, result }) => [version, attempt, result])).toEqual([
      [1, 0, null],
      [2, 1, null],
      [7, 1, 'done'],
    ]);
    expect(statuses.at(-1)).toEqual(await rig.client.tasks.getById(task.id));
    const steps = events.flatMap((event) => (event.type === 'step.completed' ? [event.data] : []));
    expect(steps).toEqual((await rig.client.tasks.getTrace(task.id)).steps);
    const started = events.flatMap((event) => (event.type === 'step.started' ? [event.data] : []));
    expect(started.at(-1)).toMatchObject({ step: 5, kind: 'model', status: 'running', finishedAt: null });
    expect([...events.map(({ id }) => id)].sort()).toEqual(events.map(({ id }) => id));
  });

  it('of a task that has ended gives all of it and the end, and after the end nothing', async () => {
    const agent = await rig.agent(0);
    const { id } = await rig.client.tasks.waitForCompletion((await rig.task(agent)).id);
    const events = await collect(rig.client.tasks.events.stream(id));
    expect(events.map(inShort)).toEqual(wholeStory);
    expect(await collect(rig.client.tasks.events.stream(id, {}, { after: events[4]?.id ?? '' }))).toEqual(
      events.slice(5),
    );
    expect(await collect(rig.client.tasks.events.stream(id, {}, { after: events.at(-1)?.id ?? '' }))).toEqual([]);
    const statuses = rig.client.tasks.events.stream(id, { type: ['task.status', 'log'] });
    expect((await collect(statuses)).map(inShort)).toEqual(wholeStory.filter((text) => text.startsWith('task')));
  });

  it('lists the same events page by page, by type too', async () => {
    const { id } = await rig.client.tasks.waitForCompletion((await rig.task(await rig.agent(0))).id);
    const { events } = rig.client.tasks;
    expect((await events.iter(id).toArray({ limit: 50 })).map(inShort)).toEqual(wholeStory);
    const first = await events.list(id, { limit: 3 });
    expect(first.pagination).toMatchObject({ total: 8, totalPages: 3, hasMore: true });
    const second = await events.list(id, { limit: 3, cursor: first.nextCursor ?? '' });
    expect([...first.data, ...second.data].map(inShort)).toEqual(wholeStory.slice(0, 6));
    expect((await events.list(id, { type: 'step.completed', limit: 1 })).pagination.total).toBe(5);
    await expect(events.list('tsk_none')).rejects.toBeInstanceOf(RunctlNotFoundError);
  });

  it('loses and repeats nothing where its connection is cut in the middle of an event, again and again', async () => {
    const wire = await startWire(rig.runtime.url, { cuts: 3, bytes: 1_800 });
    opened.push(wire);
    const client = new Runctl({ apiKey: rig.apiKey, baseUrl: wire.url });
    const task = await rig.task(await rig.agent(50));
    const events = await collect(client.tasks.events.stream(task.id));
    expect(events.filter(isKept).map(inShort)).toEqual(wholeStory);
    expect(wire.connections).toBe(4);
  });

  it('gives 200 readers at once everything', async () => {
    const task = await rig.task(await rig.agent(100));
    const readers = Array.from({ length: 200 }, () => collect(rig.client.tasks.events.stream(task.id)));
    const stories = (await Promise.all(readers)).map((events) => events.filter(isKept).map(inShort).join());
    expect(new Set(stories)).toEqual(new Set([wholeStory.join()]));
  });

  it('carries the text of a model as it comes, before the end of its step', async () => {
    const pieces = ['Once ', 'upon ', 'a ', 'time'];
    const server = await startChatCompletionsServer({ script: () => ({ text: pieces, delayMs: 150 }) });
    opened.push(server);
    const agent = await rig.agentOf({
      modelProvider: 'openai-compatible',
      model: 'any',
      modelConfig: { baseUrl: server.baseUrl },
    });
    const events = await collect(rig.client.tasks.events.stream((await rig.task(agent)).id));
    const deltas = events.flatMap((event) => (event.type === 'output.delta' ? [event.data] : []));
    expect(deltas.map(({ text }) => text).join('')).toBe(pieces.join(''));
    expect(new Set(deltas.map(({ step }) => step))).toEqual(new Set([1]));
    const order = events.map(({ type }) => type);
    expect(order.lastIndexOf('output.delta')).toBeLessThan(order.indexOf('step.completed'));
    expect(order.at(-1)).toBe('task.status');
  });

  it('asks a person, waits open for the answer, and goes on', async () => {
    const rules = [
      { when: { step: 1 }, reply: { toolCalls: [{ name: 'ask_human', arguments: { question: 'Which colour?' } }] } },
      { when: {}, reply: { text: 'Painted.' } },
    ];
    const agent = await rig.agentOf({ model: 'scripted', tools: ['ask_human'], metadata: { simulation: { rules } } });
    const task = await rig.task(agent);
    const events: TaskEvent[] = [];
    for await (const event of rig.client.tasks.events.stream(task.id)) {
      events.push(event);
      if (event.type !== 'action.requested') continue;
      expect(event.data).toMatchObject({ kind: 'input', question: 'Which colour?' });
      await rig.client.tasks.respond(task.id, { answer: 'blue' });
    }
    expect(events.filter(isKept).map(inShort)).toEqual([
      'task.status queued',
      'task.status running',
      'step.completed 1',
      'action.requested',
      'task.status waiting',
      'step.completed 2',
      'task.status queued',
      'task.status running',
      'step.completed 3',
      'task.status completed',
    ]);
  });

  it('begins anew after what is no event, and refuses to go on after one of something else', async () => {
    const agent = await rig.agent(0);
    const [{ id }, other] = await Promise.all([rig.task(agent), rig.task(agent)]);
    for (const task of [id, other.id]) await rig.client.tasks.waitForCompletion(task);
    const stream = `${rig.runtime.url}/v1/tasks/${id}/events/stream`;
    const authorization = `Bearer ${rig.apiKey}`;
    for (const odd of ['7', 'evt_', 'x'.repeat(900), 'evt_%00', `evt_${'z'.repeat(40)}`, 'ü']) {
      const { status, text } = await readAddress(`${stream}?after=${encodeURIComponent(odd)}`, { authorization });
      expect([odd, status, text.match(/^id:/gm)?.length, /^: .*oldest/m.test(text)]).toEqual([odd, 200, 8, true]);
    }
    const own = (place: string) => `evt_${id.slice(4)}${place}`;
    for (const gone of [`evt_${other.id.slice(4)}000003`, own('00000z'), own('zzzzzz')]) {
      const { status, text } = await readAddress(stream, { authorization, 'last-event-id': gone });
      expect([gone, status, JSON.parse(text).code]).toEqual([gone, 410, 'event.gone']);
    }
    expect((await readAddress(stream, { authorization, 'last-event-id': own('000008') })).status).toBe(204);
  });
});

describe('a stream by its address', () => {
  it('is read by a token, which is good for nothing else', async () => {
    const agent = await rig.agent(0);
    const [task, other] = await Promise.all([rig.task(agent), rig.task(agent)]);
    const { url, expiresAt } = await rig.client.tasks.events.createStreamUrl(task.id, { type: 'task.status' });
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(9 * 60_000);
    const { status, text } = await readAddress(url);
    expect([status, text.startsWith('retry: 1000\n'), text.endsWith('event: end\ndata: {}\n\n')]).toEqual([
      200,
      true,
      true,
    ]);
    expect(text.match(/^id:/gm)).toHaveLength(3);
    const token = new URL(url).searchParams.get('token') ?? '';
    const elsewhere = [
      url.replace(task.id, other.id),
      url.replace('/stream', ''),
      `${rig.runtime.url}/v1/tasks/${task.id}?token=${token}`,
      url.replace(token, `${token.slice(0, -2)}AA`),
      url.replace(token, token.replace(/\.[0-9a-z]+\./, '.zzzzzzzzz.')),
      url.replace(token, ''),
    ];
    for (const address of elsewhere) expect([address, (await readAddress(address)).status]).toEqual([address, 401]);
    const bearer = await readAddress(`${rig.runtime.url}/v1/tasks/${task.id}`, { authorization: `Bearer ${token}` });
    expect(bearer.status).toBe(401);
  });

  it('has the headers of a stream, and none of a body where none is asked for', async () => {
    const task = await rig.task(await rig.agent(10_000));
    const { url } = await rig.client.tasks.events.createStreamUrl(task.id);
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    for (const [name, value] of [
      ['content-type', 'text/event-stream; charset=utf-8'],
      ['cache-control', 'no-store, no-transform'],
      ['x-accel-buffering', 'no'],
      ['x-content-type-options', 'nosniff'],
    ] as const) {
      expect([name, head.headers.get(name)]).toEqual([name, value]);
    }
    await rig.client.tasks.cancel(task.id);
  });
});

describe('a stream of an agent', () => {
  it('is there for the agent alone', async () => {
    const agent = await rig.agentOf({});
    expect((await rig.client.agents.events.list(agent.id)).data.every(({ agentId }) => agentId === agent.id)).toBe(
      true,
    );
    await expect(rig.client.agents.events.stream('agt_none').next()).rejects.toBeInstanceOf(RunctlNotFoundError);
  });
});

describe('a reader', () => {
  it('is another tenant’s to nobody', async () => {
    const stranger = new Runctl({ apiKey: `rctl_${'x'.repeat(32)}`, baseUrl: rig.runtime.url });
    const task = await rig.task(await rig.agent(0));
    await expect(stranger.tasks.events.stream(task.id).next()).rejects.toBeInstanceOf(RunctlAuthenticationError);
  });

  it('that leaves takes everything with it', async () => {
    const task = await rig.task(await rig.agent(10_000));
    for await (const _ of rig.client.tasks.events.stream(task.id)) break;
    const { port, hostname } = new URL(rig.runtime.url);
    const request = `GET /v1/tasks/${task.id}/events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${rig.apiKey}\r\n\r\n`;
    const socket = connect(Number(port), hostname, () => socket.write(request));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    await rig.client.tasks.cancel(task.id);
  });
});

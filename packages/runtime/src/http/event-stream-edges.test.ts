import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FrontDoor, openFrontDoor, simulatedAgent, startToyWorker } from './front-door.test-rig.ts';
import { type ListeningServer, listen } from './server.ts';

let door: FrontDoor;
let server: ListeningServer;
let taskId: string;
let agentId: string;
const sockets: Socket[] = [];

beforeEach(async () => {
  door = await openFrontDoor();
  server = await listen(door.app, { host: '127.0.0.1', port: 0 });
  agentId = (await door.call('POST /v1/agents', { body: simulatedAgent })).body.id;
  taskId = await newTask({ text: 'x' });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close(0);
  await door.close();
});

async function newTask(payload: object): Promise<string> {
  return (await door.call('POST /v1/tasks', { body: { agentId, input: { payload } } })).body.id;
}

/** A connection that asks for a stream, and what has come over it. */
function open(path = `/v1/tasks/${taskId}/events/stream`, url = server.url) {
  const received = { text: '' };
  const socket = connect(Number(new URL(url).port), '127.0.0.1', () => {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${door.apiKey}\r\n\r\n`);
  });
  sockets.push(socket);
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    received.text += chunk.toString('utf8');
  });
  return { socket, received };
}

const sizes = () => Object.values(door.services.eventStreams.size);

describe('a stream', () => {
  it('is another tenant’s as little as its thing', async () => {
    const route = `/v1/tasks/${taskId}/events`;
    for (const path of [`GET ${route}`, `GET ${route}/stream`, `POST ${route}/stream-tokens`]) {
      const { status, body } = await door.call(path, { key: door.otherKey });
      expect([path, status, body.code]).toEqual([path, 404, 'task.not_found']);
    }
  });

  it('leaves nothing behind when its reader leaves, in whatever moment', async () => {
    const reader = open();
    await expect.poll(() => reader.received.text).toContain('000001');
    expect(sizes()).toEqual([1, 1]);
    reader.socket.destroy();
    await expect.poll(sizes).toEqual([0, 0]);
    for (let delayMs = 0; delayMs < 10; delayMs += 1) {
      const hasty = open();
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      hasty.socket.destroy();
    }
    await expect.poll(sizes).toEqual([0, 0]);
    expect(door.errors).toEqual([]);
  });

  it('ends with a hint for its return when the process stops', async () => {
    const reader = open();
    await expect.poll(() => reader.received.text).toContain('000001');
    const closing = server.close(10_000);
    await closing;
    expect(reader.received.text).toMatch(/retry: [123]\d{3}\n: stopping\n\n/);
    expect(reader.received.text).not.toContain('event: end');
    expect(sizes()).toEqual([0, 0]);
    expect((await door.call(`GET /v1/tasks/${taskId}/events/stream`)).status).toBe(503);
  });

  it('is closed once its key is revoked', async () => {
    const reader = open();
    await expect.poll(() => reader.received.text).toContain('000001');
    await door.store.write(({ query }) => query.updateTable('api_keys').set({ revoked_at: 1 }).execute());
    await expect.poll(() => reader.received.text).toContain(': revoked');
    await expect.poll(sizes).toEqual([0, 0]);
  });

  it('is cut where its reader does not read, and costs no memory until then', async () => {
    const text = 'x'.repeat(500_000);
    taskId = await newTask({ text });
    for (let version = 2; version < 60; version += 1) {
      await door.store.write(async ({ changed }) => changed({ taskId, version, status: 'queued' }));
    }
    const strict = await listen(door.app, { host: '127.0.0.1', port: 0, silentMs: 2_000 });
    const lazy = open(undefined, strict.url);
    lazy.socket.pause();
    await expect.poll(sizes).toEqual([1, 1]);
    await expect.poll(sizes).toEqual([0, 0]);
    const eager = open(undefined, strict.url);
    await expect.poll(() => eager.received.text.match(/^id:/gm)?.length).toBe(59);
    await strict.close(0);
  });

  it('cannot go on where events were removed, and says so; the oldest that is left is where a new one begins', async () => {
    for (let version = 2; version < 9; version += 1) {
      await door.store.write(async ({ changed }) => changed({ taskId, version, status: 'queued' }));
    }
    await door.store.write(({ query }) => query.deleteFrom('events').where('seq', '<', 5).execute());
    const after = (place: number) => `GET /v1/tasks/${taskId}/events/stream?after=evt_${taskId.slice(4)}00000${place}`;
    expect((await door.call(after(3))).body).toMatchObject({ status: 410, code: 'event.gone' });
    await door.call(`POST /v1/tasks/${taskId}/cancel`);
    const [whole, rest] = [open(), open(after(4).slice(4))];
    for (const { received } of [whole, rest]) {
      await expect.poll(() => received.text).toContain('event: end');
      expect(received.text.match(/^id: .*(?=\n)/gm)?.map((id) => id.at(-1))).toEqual(['5', '6', '7', '8', '9']);
    }
  });

  it('says nothing of what is undone, and everything of what a worker does', async () => {
    const reader = open();
    await door.call(`POST /v1/agents/${agentId}/deploy`);
    startToyWorker(door.store);
    await expect.poll(() => reader.received.text).toContain('event: end');
    expect(reader.received.text.match(/"status":"\w+"/g)).toEqual([
      '"status":"queued"',
      '"status":"running"',
      '"status":"completed"',
    ]);
  });

  it('is refused where the query names no type of event', async () => {
    expect((await door.call(`GET /v1/tasks/${taskId}/events/stream?type=task.nothing`)).status).toBe(400);
    expect((await door.call(`GET /v1/tasks/${taskId}/events?type=log&cursor=nonsense`)).status).toBe(400);
  });
});

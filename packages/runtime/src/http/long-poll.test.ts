import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TaskWatch } from '../services/task-watch.ts';
import type { TaskChange } from '../store/store.ts';
import { type FrontDoor, openFrontDoor, simulatedAgent, startToyWorker } from './front-door.test-rig.ts';

let door: FrontDoor;
let agentId: string;
let taskId: string;
beforeEach(async () => {
  door = await openFrontDoor();
  const agent = (await door.call('POST /v1/agents', { body: simulatedAgent })).body;
  agentId = agent.id;
  await door.call(`POST /v1/agents/${agentId}/deploy`);
  taskId = (await door.call('POST /v1/tasks', { body: { agentId, input: { payload: {} } } })).body.id;
});
afterEach(() => door.close());

const get = (query: string, more: { signal?: AbortSignal } = {}) => door.call(`GET /v1/tasks/${taskId}?${query}`, more);
const isOpenAfter = (ms: number, promise: Promise<unknown>) =>
  Promise.race([promise.then(() => false), new Promise((resolve) => setTimeout(resolve, ms, true))]);
/** Whether an answer waits for something. */
const isHeld = (promise: Promise<unknown>) => isOpenAfter(100, promise);
/** Whether an answer that could be held for a minute comes before it is over, however busy the machine is. */
const comesAtOnce = async (promise: Promise<unknown>) => !(await isOpenAfter(50_000, promise));

describe('a read with wait', () => {
  it('is held until the task has ended, and answers what it came to', async () => {
    const held = get('wait=60&version=1');
    expect(await isHeld(held)).toBe(true);
    startToyWorker(door.store);
    expect((await held).body).toMatchObject({ status: 'completed', result: 'done', version: 3 });
  });

  it('waits for the next change where no version is given', async () => {
    const held = get('wait=60');
    expect(await isHeld(held)).toBe(true);
    await door.call(`POST /v1/tasks/${taskId}/cancel`);
    expect((await held).body).toMatchObject({ status: 'cancelled', version: 2 });
  });

  it('answers at once where the version has moved on already, or the task has ended', async () => {
    expect(await comesAtOnce(get('wait=60&version=0'))).toBe(true);
    await door.call(`POST /v1/tasks/${taskId}/cancel`);
    expect(await comesAtOnce(get('wait=60&version=99'))).toBe(true);
    expect(await comesAtOnce(get('wait=60'))).toBe(true);
  });

  it('answers with the task as it is when the time is up', async () => {
    expect((await get('wait=1&version=1')).body).toMatchObject({ status: 'queued', version: 1 });
  });

  it('ends when the client leaves, and when the process is about to end', async () => {
    const client = new AbortController();
    const left = get('wait=60&version=1', { signal: client.signal });
    const released = get('wait=60&version=1');
    expect(await isHeld(left)).toBe(true);
    client.abort();
    await left;
    door.app.release();
    expect((await released).status).toBe(200);
    expect(await comesAtOnce(get('wait=60&version=1'))).toBe(true);
  });
});

describe('a POST with wait', () => {
  const create = (query: string, more: { signal?: AbortSignal; headers?: Record<string, string> } = {}) =>
    door.call(`POST /v1/tasks?${query}`, { body: { agentId, input: { payload: {} } }, ...more });

  it('is held until the task that it makes has ended', async () => {
    const held = create('wait=60');
    expect(await isHeld(held)).toBe(true);
    startToyWorker(door.store);
    expect(await held).toMatchObject({ status: 201, body: { status: 'completed', result: 'done' } });
  });

  it('answers with the task as it is when the time is up, at once without a wait, and at the end of the process', async () => {
    expect((await create('wait=1')).body.status).toBe('queued');
    expect(await comesAtOnce(create('wait=0'))).toBe(true);
    const held = create('wait=60');
    expect(await isHeld(held)).toBe(true);
    door.app.release();
    expect((await held).body.status).toBe('queued');
  });

  it('has made its task before it waits: a repeated one waits for the same', async () => {
    const headers = { 'idempotency-key': 'once' };
    const client = new AbortController();
    const left = create('wait=60', { headers, signal: client.signal });
    expect(await isHeld(left)).toBe(true);
    client.abort();
    const again = create('wait=60', { headers });
    expect(await isHeld(again)).toBe(true);
    startToyWorker(door.store);
    const { headers: said, body } = await again;
    expect(said.get('idempotent-replayed')).toBe('true');
    expect(body).toMatchObject({ id: (await left).body.id, status: 'completed' });
  });

  it.each(['wait=-1', 'wait=61', 'wait=soon', 'version=1'])('refuses %s and makes nothing', async (query) => {
    expect((await create(query)).status).toBe(400);
    expect((await door.call('GET /v1/tasks')).body.data).toHaveLength(1);
  });
});

describe('the watch', () => {
  it('keeps nothing of those who have left', async () => {
    let tell: (change: TaskChange) => void = () => {};
    const watch = new TaskWatch({
      store: {
        query: door.store.query,
        onTaskChange: (listener) => {
          tell = listener;
          return () => {};
        },
        onMissedNews: () => () => {},
      },
    });
    const signal = new AbortController().signal;
    const [one, two] = [watch.open('a'), watch.open('a')];
    const first = one.until(({ version }) => version > 1, 60_000, signal);
    await two.until(() => true, 1, signal);
    two.close();
    expect(watch.size).toBe(1);
    tell({ taskId: 'a', version: 1, status: 'queued' });
    tell({ taskId: 'b', version: 9, status: 'queued' });
    tell({ taskId: 'a', version: 2, status: 'running' });
    await first;
    await one.until(({ version }) => version > 1, 60_000, signal);
    one.close();
    expect(watch.size).toBe(0);
  });
});

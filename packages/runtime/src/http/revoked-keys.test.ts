import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StoreHome, stopHomes, storeHomes } from '../store/store-homes.test-rig.ts';
import { type FrontDoor, openFrontDoor, simulatedAgent } from './front-door.test-rig.ts';

afterAll(stopHomes);

describe.each(storeHomes)('a key that is revoked, on $name', ({ name, create }) => {
  let home: StoreHome;
  let here: FrontDoor;
  /** Another process on the same database, where there can be one. */
  let there: FrontDoor;
  let now = Date.now();
  beforeAll(async () => {
    home = await create();
    const open = async () => openFrontDoor({ store: await home.open(), now: () => now });
    here = await open();
    there = name === 'sqlite' ? here : await open();
  });
  afterAll(async () => {
    await here.close();
    if (there !== here) await there.close();
    await home.remove();
  });

  const newKey = async () =>
    (await here.call('POST /v1/tenants/current/api-keys', { body: { name: 'x' } })).body as { id: string; key: string };
  const revoke = (id: string) => here.call(`DELETE /v1/tenants/current/api-keys/${id}`);
  const waitingTask = async () => {
    const agentId = (await here.call('POST /v1/agents', { body: simulatedAgent })).body.id;
    return (await here.call('POST /v1/tasks', { body: { agentId, input: { payload: {} } } })).body.id as string;
  };

  it('is refused within a second by every process, though it was good a moment ago', async () => {
    const { id, key } = await newKey();
    const call = () => there.call('GET /v1/whoami', { key });
    expect((await call()).status).toBe(200);
    await revoke(id);
    now += 1_000;
    expect((await call()).status).toBe(401);
  });

  it('has its open streams closed, in every process', async () => {
    const { id, key } = await newKey();
    const url = `http://runctl.test/v1/tasks/${await waitingTask()}/events/stream`;
    const stream = await there.app.fetch(new Request(url, { headers: { authorization: `Bearer ${key}` } }));
    expect(stream.status).toBe(200);
    const ended = new Response(stream.body).text();
    await revoke(id);
    expect(await ended).toContain(': revoked');
  });

  it('gets no answer to a poll that was held meanwhile', async () => {
    const { id, key } = await newKey();
    const taskId = await waitingTask();
    const held = there.call(`GET /v1/tasks/${taskId}?wait=60`, { key });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await revoke(id);
    // Held for longer than its key may be believed.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    now += 1_000;
    await here.call(`POST /v1/tasks/${taskId}/cancel`);
    expect(await held).toMatchObject({ status: 401, body: { code: 'authentication.failed' } });
  });
});

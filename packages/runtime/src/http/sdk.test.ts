import {
  Runctl,
  RunctlAuthenticationError,
  RunctlConflictError,
  RunctlNotFoundError,
  RunctlValidationError,
  responseMeta,
} from '@runctl/sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FrontDoor, openFrontDoor, startToyWorker } from './front-door.test-rig.ts';

let door: FrontDoor;
let client: Runctl;
beforeEach(async () => {
  door = await openFrontDoor();
  client = clientWith(door.apiKey);
});
afterEach(() => door.close());

function clientWith(apiKey: string): Runctl {
  return new Runctl({
    apiKey,
    baseUrl: 'http://127.0.0.1',
    fetch: async (...request) => door.app.fetch(new Request(...request)),
  });
}

const echo = { name: 'Echo', type: 'reactive', modelProvider: 'simulated', model: 'echo', systemPrompt: '' } as const;

describe('the SDK against the API', () => {
  it('creates, deploys, gives work, waits and lists', async () => {
    startToyWorker(door.store);
    const agent = await client.agents.create({ ...echo, labels: { team: 'red' } });
    await client.agents.deploy(agent.id, { replicas: 2, strategy: 'rolling' });
    const task = await client.tasks.create({
      agentId: agent.id,
      input: { version: '1.0', payload: { query: 'x' } },
      scheduledFor: new Date(0),
      labels: { run: '1' },
    });
    expect(responseMeta(task)).toMatchObject({ status: 201, attempts: 1, idempotentReplay: false });
    const done = await client.tasks.waitForCompletion(task.id);
    expect(done).toMatchObject({ status: 'completed', result: 'done' });
    const batch = await client.tasks.createBatch({
      tasks: [1, 2, 3].map((at) => ({ agentId: agent.id, input: { payload: { at } } })),
    });
    for (const { id } of batch) await client.tasks.waitForCompletion(id);

    const ids = [];
    for await (const { id } of client.tasks.listAll({
      status: 'completed',
      limit: 2,
      fromDate: new Date(0),
      toDate: new Date(Date.now() + 1_000),
    })) {
      ids.push(id);
    }
    expect(ids).toEqual([...batch.map(({ id }) => id).reverse(), task.id]);
    expect((await client.tasks.list({ label: { run: '1' }, status: ['queued', 'completed'] })).data).toHaveLength(1);
    expect(
      (await client.agents.list({ label: { team: 'red' }, search: 'ECHO', status: 'running' })).pagination.total,
    ).toBe(1);
    expect(await client.agents.scale(agent.id, { desiredReplicas: 0 })).toMatchObject({ status: 'succeeded' });
    const stopped = await client.agents.stop(agent.id);
    expect(await client.agents.waitForDeployment(agent.id, stopped.id)).toMatchObject({ status: 'succeeded' });
  });

  it('replays a call under the same key', async () => {
    const options = { idempotencyKey: 'my-key' };
    const first = await client.agents.create(echo, options);
    const again = await client.agents.create(echo, options);
    expect([again.id, responseMeta(again)?.idempotentReplay]).toEqual([first.id, true]);
    expect(await client.agents.update(first.id, { name: 'x' }, { ifMatch: 1 })).toMatchObject({ version: 2 });
    await expect(client.agents.update(first.id, { name: 'y' }, { ifMatch: 1 })).rejects.toBeInstanceOf(
      RunctlConflictError,
    );
  });

  it('gets the error of the right class, with what it says', async () => {
    const missing = await client.agents.getById('agt_invalid').catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(RunctlNotFoundError);
    expect(missing).toMatchObject({
      code: 'agent.not_found',
      resource: 'agent',
      resourceId: 'agt_invalid',
      status: 404,
    });
    const wrong = await client.agents.create({ ...echo, name: '' }).catch((error: unknown) => error);
    expect(wrong).toBeInstanceOf(RunctlValidationError);
    expect(wrong).toMatchObject({ code: 'request.invalid', details: [{ path: '/name' }] });
    await expect(clientWith(`rctl_${'x'.repeat(32)}`).agents.list()).rejects.toBeInstanceOf(RunctlAuthenticationError);
  });
});

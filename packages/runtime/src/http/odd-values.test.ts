import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StoreHome, stopHomes, storeHomes } from '../store/store-homes.test-rig.ts';
import { type FrontDoor, openFrontDoor, simulatedAgent } from './front-door.test-rig.ts';
import { routes } from './routes.ts';

afterAll(stopHomes);

describe.each(storeHomes)('what one database keeps and another refuses, on $name', ({ create }) => {
  let home: StoreHome;
  let door: FrontDoor;
  beforeAll(async () => {
    home = await create();
    door = await openFrontDoor({ store: await home.open() });
  });
  afterAll(async () => {
    await door.close();
    await home.remove();
  });

  it.each(['%00', 'a%00b', '%F0%9F%98%80', "';--", '%25', 'x'.repeat(2_000)])(
    'the id %s is no id on any route, and no failure of the runtime',
    async (id) => {
      for (const route of Object.keys(routes(door.services))) {
        if (!route.includes(':')) continue;
        const [method, path = ''] = route.split(' ');
        const odd = await door.call(`${method} /v1${path.replace(/:\w+/g, id)}`);
        expect([400, 404, 401], route).toContain(odd.status);
      }
      expect(door.errors).toEqual([]);
    },
  );

  it('a query with NUL is refused', async () => {
    for (const query of ['search=%00', 'label[a]=%00', 'label[%00]=a', 'cursor=%00', '%00=1']) {
      expect(await door.call(`GET /v1/agents?${query}`)).toMatchObject({ status: 400 });
    }
    expect(door.errors).toEqual([]);
  });

  it('fractions of seconds are taken wherever seconds are', async () => {
    const agentId = (await door.call('POST /v1/agents', { body: simulatedAgent })).body.id;
    const task = { agentId, input: { payload: {} }, timeoutSeconds: 0.4, expiresInSeconds: 1.0051 };
    expect(await door.call('POST /v1/tasks', { body: task })).toMatchObject({ status: 201 });
    const steps = [
      { stepId: 'wait', name: 'Wait', type: 'wait', seconds: 1.0051, timeoutSeconds: 2.0003 },
      { stepId: 'ask', name: 'Ask', type: 'approval', prompt: 'Yes?', timeoutSeconds: 1.0051 },
    ];
    const definition = { name: 'Odd', pattern: 'parallel', steps, timeoutSeconds: 9.0007 };
    const { id } = (await door.call('POST /v1/workflow-definitions', { body: definition })).body;
    const started = await door.call('POST /v1/workflows', { body: { workflowDefinitionId: id } });
    expect(started).toMatchObject({ status: 201 });
    expect(door.errors).toEqual([]);
  });
});

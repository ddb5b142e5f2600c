import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FrontDoor, openFrontDoor, simulatedAgent } from './front-door.test-rig.ts';

let door: FrontDoor;
let now: number;
beforeEach(async () => {
  now = Date.now();
  door = await openFrontDoor({ now: () => now });
});
afterEach(() => door.close());

const create = (key: string, body: object = simulatedAgent, more: object = {}) =>
  door.call('POST /v1/agents', { body, headers: { 'idempotency-key': key }, ...more });
const countAgents = async () => (await door.store.query.selectFrom('agents').select('id').execute()).length;

describe('a request with an Idempotency-Key', () => {
  it('is executed once, and its answer replayed to the byte', async () => {
    const first = await create('k1');
    const again = await create('k1');
    expect(again.body).toEqual(first.body);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect([first.headers.get('idempotent-replayed'), again.headers.get('idempotent-replayed')]).toEqual([
      null,
      'true',
    ]);
    expect(await countAgents()).toBe(1);
  });

  it('has one effect where 40 twins arrive at once', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => create('k1')));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1);
    expect(await countAgents()).toBe(1);
  });

  it('is refused with another body, and free for another tenant, route or parameter', async () => {
    const { body: agent } = await create('k1');
    expect(await create('k1', { ...simulatedAgent, name: 'Other' })).toMatchObject({
      status: 422,
      body: { code: 'idempotency.key_reused' },
    });
    const foreign = await create('k1', simulatedAgent, { key: door.otherKey });
    expect([foreign.status, foreign.headers.get('idempotent-replayed')]).toEqual([201, null]);
    const headers = { 'idempotency-key': 'k1' };
    const patched = await door.call(`PATCH /v1/agents/${agent.id}`, { body: { name: 'Next' }, headers });
    expect([patched.status, patched.body.version]).toEqual([200, 2]);
    const replayed = await door.call(`PATCH /v1/agents/${agent.id}`, { body: { name: 'Next' }, headers });
    expect(replayed.body.version).toBe(2);
  });

  it('burns no key where it is refused', async () => {
    expect(await create('k1', { ...simulatedAgent, name: '' })).toMatchObject({ status: 400 });
    expect(await create('k1', { ...simulatedAgent, members: [{ agentId: 'agt_x', role: 'r' }] })).toMatchObject({
      status: 422,
    });
    expect(await create('k1')).toMatchObject({ status: 201 });
  });

  it('is forgotten after a day', async () => {
    const first = await create('k1');
    now += 24 * 3_600_000 - 1_000;
    expect((await create('k1')).body.id).toBe(first.body.id);
    now += 2_000;
    expect((await create('k1')).body.id).not.toBe(first.body.id);
    const rows = await door.store.query.selectFrom('idempotency_keys').select('created_at').execute();
    expect(rows).toEqual([{ created_at: now }]);
  });

  it.each(['', ' ', 'x'.repeat(256), 'ümlaut', 'tab\there'])('is refused under the odd key %j', async (key) => {
    expect(await create(key)).toMatchObject({ status: 400, body: { code: 'idempotency.key_invalid' } });
    expect(await countAgents()).toBe(0);
  });

  it('takes any printable key of up to 255 characters', async () => {
    expect(await create(`~!"$%&/()=?${'x'.repeat(244)}`)).toMatchObject({ status: 201 });
  });
});

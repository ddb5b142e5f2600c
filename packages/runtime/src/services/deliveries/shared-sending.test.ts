import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createEgressGuard } from '../../egress/egress-guard.ts';
import { type FrontDoor, openFrontDoor, simulatedAgent } from '../../http/front-door.test-rig.ts';
import { claimDue, endAttempt } from '../../store/delivery-queue.ts';
import { type StoreHome, stopHomes, storeHomes } from '../../store/store-homes.test-rig.ts';
import { type Receiver, startReceiver } from './receiver.test-rig.ts';

afterAll(stopHomes);

const webhooks = '/v1/tenants/current/webhooks';
const shared = storeHomes.filter(({ name }) => name === 'postgres');

describe.skipIf(shared.length === 0).each(shared)('processes that share $name', ({ create }) => {
  let home: StoreHome;
  let receiver: Receiver;
  let doors: FrontDoor[];
  let now: number;

  beforeAll(async () => {
    home = await create();
  });
  afterEach(async () => {
    for (const door of doors) {
      expect(door.errors).toEqual([]);
      await door.services.courier.close();
      await door.close();
    }
    await receiver.close();
  });

  /** That many processes, and a webhook of the first one's tenant with some events to tell. */
  async function open(processes: number, events: number): Promise<{ webhookId: string }> {
    now = Date.now();
    receiver = await startReceiver();
    const egress = createEgressGuard({ allowedHosts: ['127.0.0.0/8'] });
    const sending = { lookEveryMs: 20, leaseMs: 60_000 };
    doors = [];
    for (let at = 0; at < processes; at += 1) {
      doors.push(await openFrontDoor({ store: await home.open(), now: () => now, egress, sending, isShared: true }));
    }
    const [door] = doors as [FrontDoor];
    const agentId = (await door.call('POST /v1/agents', { body: simulatedAgent })).body.id;
    const body = { url: receiver.url, events: ['task.cancelled'] };
    const webhook = (await door.call(`POST ${webhooks}`, { body })).body;
    for (let at = 0; at < events; at += 1) {
      const task = (await door.call('POST /v1/tasks', { body: { agentId, input: { payload: {} } } })).body;
      await door.call(`POST /v1/tasks/${task.id}/cancel`);
    }
    return { webhookId: webhook.id };
  }

  it('deliver each event once between them', async () => {
    const { webhookId } = await open(3, 40);
    for (const { services } of doors) services.courier.start();
    await expect.poll(() => receiver.received.length).toBeGreaterThanOrEqual(40);
    const settled = async () => {
      const rows = await doors[0]?.store.query
        .selectFrom('deliveries')
        .selectAll()
        .where('endpoint_id', '=', webhookId)
        .execute();
      return rows?.filter(({ status }) => status === 'delivered').length;
    };
    await expect.poll(settled).toBe(40);
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(ids).toHaveLength(40);
    expect(new Set(ids).size).toBe(40);
  });

  it('take over what another one was sending when it died, once its lease is over, and refuse its late word', async () => {
    const { webhookId } = await open(2, 1);
    const [first, second] = doors as [FrontDoor, FrontDoor];
    // The first one claims, and is seen no more: whether it has sent, nobody knows.
    receiver.answer = 500;
    await first.services.courier.sendDue();
    receiver.answer = 204;
    now += 20_000;
    const claim = { endpointId: webhookId, token: 'the dead one', limit: 9, now, leaseMs: 60_000 };
    const claimed = await first.store.write(({ query }) => claimDue(query, claim));
    expect(claimed).toHaveLength(1);
    now += 59_000;
    await second.services.courier.sendDue();
    expect(receiver.received).toHaveLength(1);
    now += 1_000;
    await second.services.courier.sendDue();
    const [before, after] = receiver.received;
    expect(after?.headers['webhook-id']).toBe(before?.headers['webhook-id']);
    expect(after?.body).toBe(before?.body);
    const late = { status: 'failed' as const, response_status: 500, next_attempt_at: null, finished_at: now };
    const isTaken = await first.store.write(({ query }) =>
      endAttempt(query, claimed[0]?.id ?? '', 'the dead one', late),
    );
    expect(isTaken).toBe(false);
    const { body } = await first.call(`GET ${webhooks}/${webhookId}/deliveries`);
    expect(body.data).toMatchObject([{ status: 'delivered', attempts: 3 }]);
  });
});

import { verifyWebhook } from '@runctl/core/webhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type StoreHome, stopHomes, storeHomes } from '../../store/store-homes.test-rig.ts';
import { forgetOldDeliveries } from './forget-old-deliveries.ts';
import { startReceiver } from './receiver.test-rig.ts';
import { WebhookDoor, webhooks } from './webhook-door.test-rig.ts';

afterAll(stopHomes);

const minute = 60_000;
const day = 24 * 60 * 60_000;

describe.each(storeHomes)('deliveries on $name', ({ create }) => {
  let home: StoreHome;
  let hook: WebhookDoor;

  beforeAll(async () => {
    home = await create();
  });
  afterAll(() => home.remove());
  beforeEach(async () => {
    hook = await WebhookDoor.open(await home.open());
  });
  afterEach(() => hook.close());

  /** Opens the door again; requests end soon. */
  async function withShortRequests(): Promise<void> {
    await hook.close();
    hook = await WebhookDoor.open(await home.open(), 2_000);
  }

  it('are tried again when the receiver was down: the same id and body, a fresh timestamp', async () => {
    const { id, secret } = await hook.add();
    await hook.receiver.close();
    await hook.cancelTask();
    await hook.send();
    const [pending] = await hook.deliveries(id);
    expect(pending).toMatchObject({ status: 'pending', attempts: 1, responseStatus: null });
    expect(Date.parse(pending.nextAttemptAt) - hook.now).toBe(5_000);
    await hook.receiver.open();
    await hook.send();
    expect(hook.receiver.received).toHaveLength(0);
    hook.receiver.answer = (response) => response.writeHead(500).end('no');
    hook.now += 5_000;
    await hook.send();
    hook.receiver.answer = 200;
    hook.now += 15_000;
    await hook.send();
    const [first, second] = hook.receiver.received;
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['webhook-timestamp']).not.toBe(first?.headers['webhook-timestamp']);
    await verifyWebhook(second?.body ?? '', second?.headers ?? {}, secret, { now: () => hook.now });
    expect(await hook.deliveries(id)).toMatchObject([{ status: 'delivered', attempts: 3, responseStatus: 200 }]);
  });

  it('of several receivers with a backlog take turns', async () => {
    const others = [await startReceiver(), await startReceiver()];
    for (const { url } of [hook.receiver, ...others]) {
      await hook.door.call(`POST ${webhooks}`, { body: { url, events: ['task.cancelled'] } });
    }
    for (let at = 0; at < 4; at += 1) await hook.cancelTask();
    // Three at once, two of them to one receiver.
    await hook.send();
    await hook.send();
    for (const { received } of [hook.receiver, ...others]) expect(received.length).toBeGreaterThan(0);
    for (const other of others) await other.close();
  });

  it('go on where one event cannot be told', async () => {
    await hook.add(['task.cancelled', 'task.waiting']);
    const taskId = await hook.cancelTask();
    const broken = { subject_id: taskId, tenant_id: hook.door.tenantId, step: null, created_at: hook.now };
    await hook.door.store.write(async ({ addEvents }) => {
      addEvents([
        { ...broken, type: 'task.status', data: '{"status":"waiting","waiting_for":"{\\"kind\\":\\"input\\"}"}' },
      ]);
    });
    const stored = hook.door.store.query.selectFrom('events').select('seq').where('subject_id', '=', taskId);
    const { seq } = await stored.orderBy('seq', 'desc').limit(1).executeTakeFirstOrThrow();
    await hook.door.store.write(({ query }) =>
      query
        .updateTable('events')
        .set({ data: '{broken' })
        .where('subject_id', '=', taskId)
        .where('seq', '=', seq)
        .execute(),
    );
    await hook.cancelTask();
    await hook.send();
    expect(hook.told.map(({ type }) => type)).toEqual(['task.cancelled', 'task.cancelled']);
    expect(hook.failures).toMatchObject([{ name: 'SyntaxError' }]);
    expect(await hook.outbox()).toHaveLength(2);
  });

  it('are given up after a day, stay to be seen, and are sent once more by hand under the old id', async () => {
    const { id } = await hook.add();
    hook.receiver.answer = 503;
    await hook.cancelTask();
    for (;;) {
      await hook.send();
      const [{ nextAttemptAt }] = await hook.deliveries(id);
      if (nextAttemptAt === null) break;
      hook.now = Math.max(Date.parse(nextAttemptAt), hook.now + 5 * minute);
    }
    const [dead] = await hook.deliveries(id);
    expect(dead).toMatchObject({ status: 'failed', responseStatus: 503 });
    expect(dead.attempts).toBeGreaterThan(10);
    expect(hook.now - Date.parse(dead.createdAt)).toBeGreaterThanOrEqual(day);
    const redelivered = await hook.door.call(`POST ${webhooks}/${id}/deliveries/${dead.id}/redeliver`);
    expect(redelivered).toMatchObject({ status: 200, body: { id: dead.id, status: 'pending' } });
    // One that fails again is on the schedule of a new one: soon again, not in hours.
    await hook.send();
    const [again] = await hook.deliveries(id);
    expect(again).toMatchObject({ status: 'pending', attempts: 1 });
    expect(Date.parse(again.nextAttemptAt) - hook.now).toBe(5_000);
    hook.receiver.answer = 204;
    hook.now += 5 * minute;
    await hook.send();
    expect(await hook.deliveries(id)).toMatchObject([{ id: dead.id, status: 'delivered', attempts: 2 }]);
    expect(new Set(hook.receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('are disabled by an answer of 410, which the audit log tells', async () => {
    const { id } = await hook.add();
    hook.receiver.answer = 410;
    await hook.cancelTask();
    await hook.send();
    const [gone] = await hook.deliveries(id);
    expect(gone).toMatchObject({ status: 'failed', responseStatus: 410, nextAttemptAt: null });
    expect((await hook.door.call(`GET ${webhooks}`)).body.data).toMatchObject([{ id, enabled: false }]);
    const [entry] = (await hook.door.call('GET /v1/tenants/current/audit-log')).body.data;
    expect(entry).toMatchObject({ actor: 'runtime', action: 'webhook.disable', target: id });
    const refused = await hook.door.call(`POST ${webhooks}/${id}/deliveries/${gone.id}/redeliver`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'webhook.disabled' } });
    await hook.cancelTask();
    await hook.send();
    expect(hook.receiver.received).toHaveLength(1);
    hook.receiver.answer = 204;
    await hook.door.call(`PATCH ${webhooks}/${id}`, { body: { enabled: true } });
    await hook.door.call(`POST ${webhooks}/${id}/deliveries/${gone.id}/redeliver`);
    await hook.send();
    expect(await hook.deliveries(id)).toMatchObject([{ status: 'delivered' }]);
  });

  it('wait as long as a receiver asks with Retry-After, an hour at most', async () => {
    const { id } = await hook.add();
    hook.receiver.answer = (response) => response.writeHead(429, { 'retry-after': '120' }).end();
    await hook.cancelTask();
    await hook.send();
    const [asked] = await hook.deliveries(id);
    expect(Date.parse(asked.nextAttemptAt) - hook.now).toBe(125_000);
    // Nor is anything else sent to it meanwhile.
    await hook.cancelTask();
    hook.now += 119_000;
    await hook.send();
    expect(hook.receiver.received).toHaveLength(1);
    hook.receiver.answer = (response) => response.writeHead(429, { 'retry-after': '999999' }).end();
    hook.now += 10_000;
    await hook.send();
    const [, first] = await hook.deliveries(id);
    expect(Date.parse(first.nextAttemptAt) - hook.now).toBe(60 * minute + 15_000);
  });

  it('follow no redirect', async () => {
    const other = await startReceiver();
    const { id } = await hook.add();
    hook.receiver.answer = (response) => response.writeHead(307, { location: other.url }).end();
    await hook.cancelTask();
    await hook.send();
    expect(other.received).toEqual([]);
    expect(await hook.deliveries(id)).toMatchObject([{ status: 'pending', responseStatus: 307 }]);
    await other.close();
  });

  it('wait no longer than they may, and believe a status whatever its body does', async () => {
    await withShortRequests();
    const { id } = await hook.add();
    hook.receiver.answer = () => undefined;
    await hook.cancelTask();
    await hook.send();
    expect(await hook.deliveries(id)).toMatchObject([{ status: 'pending', attempts: 1, responseStatus: null }]);
    hook.receiver.answer = (response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('x'.repeat(10_000)), 5);
      response.once('close', () => clearInterval(drip));
    };
    hook.now += 10_000;
    await hook.send();
    expect(await hook.deliveries(id)).toMatchObject([{ status: 'delivered', attempts: 2, responseStatus: 200 }]);
  });

  it('are sent oldest first after an outage, few at once, and one at a time to a receiver that has just failed', async () => {
    const { id } = await hook.add();
    await hook.receiver.close();
    const tasks: string[] = [];
    for (let at = 0; at < 8; at += 1) tasks.push(await hook.cancelTask());
    await hook.send();
    await hook.receiver.open();
    const failing: number[] = [];
    hook.receiver.answer = (response) => setTimeout(() => response.writeHead(204).end(), 20);
    for (let round = 0; round < 8; round += 1) {
      hook.now += 10_000;
      await hook.send();
      failing.push(hook.receiver.received.length);
    }
    expect(failing[0]).toBe(1);
    expect(hook.told.map(({ subjectId }) => subjectId).slice(0, 1)).toEqual(tasks.slice(0, 1));
    expect([...hook.told.map(({ subjectId }) => subjectId)].sort()).toEqual([...tasks].sort());
    // Two at once may overtake each other, not more.
    for (const [place, task] of hook.told.map(({ subjectId }) => subjectId).entries())
      expect(Math.abs(tasks.indexOf(task) - place)).toBeLessThan(3);
    expect(hook.receiver.mostAtOnce).toBe(2);
    expect((await hook.deliveries(id)).every(({ status }: { status: string }) => status === 'delivered')).toBe(true);
  });

  it('of one receiver that hangs leave room for the others', async () => {
    await withShortRequests();
    const hanging = await startReceiver();
    hanging.answer = () => undefined;
    const body = { url: hanging.url, events: ['task.cancelled'] };
    await hook.door.call(`POST ${webhooks}`, { body });
    await hook.add();
    for (let at = 0; at < 4; at += 1) await hook.cancelTask();
    await hook.send();
    expect(hanging.mostAtOnce).toBeLessThanOrEqual(2);
    expect(hook.receiver.received.length).toBeGreaterThan(0);
    await hanging.close();
  });

  it('forget what was delivered after a week, and what was given up after a month', async () => {
    const { id } = await hook.add();
    await hook.cancelTask();
    await hook.send();
    hook.receiver.answer = 410;
    await hook.cancelTask();
    await hook.send();
    hook.now += 8 * day;
    await forgetOldDeliveries(hook.door.store, hook.now);
    expect(await hook.deliveries(id)).toMatchObject([{ responseStatus: 410 }]);
    expect(await hook.outbox()).toHaveLength(1);
    hook.now += 23 * day;
    await forgetOldDeliveries(hook.door.store, hook.now);
    expect(await hook.deliveries(id)).toEqual([]);
    expect(await hook.outbox()).toEqual([]);
  });
});

import { verifyWebhook } from '@runctl/core/webhooks';
import type { WebhookEvent } from '@runctl/sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type StoreHome, stopHomes, storeHomes } from '../store/store-homes.test-rig.ts';
import { WebhookDoor, webhooks } from './deliveries/webhook-door.test-rig.ts';
import { settleHeldTasks } from './spend/held-tasks.ts';

afterAll(stopHomes);

const day = 24 * 60 * 60_000;

describe.each(storeHomes)('webhooks on $name', ({ create }) => {
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

  it('tell what happened, signed, as the SDK verifies and types it', async () => {
    const { id, secret } = await hook.add();
    const taskId = await hook.cancelTask();
    await hook.send();
    const [received] = hook.receiver.received;
    const clock = { now: () => hook.now };
    const event = await verifyWebhook<WebhookEvent>(received?.body ?? '', received?.headers ?? {}, secret, clock);
    expect(event).toMatchObject({
      id: received?.headers['webhook-id'],
      type: 'task.cancelled',
      tenantId: hook.door.tenantId,
      subjectId: taskId,
      sequence: 2,
      truncated: false,
      data: { id: taskId, status: 'cancelled', input: { payload: { message: 'x' } } },
    });
    expect(event.data).toEqual((await hook.door.call(`GET /v1/tasks/${taskId}`)).body);
    // The same id that the event has among those of the task.
    const events = (await hook.door.call(`GET /v1/tasks/${taskId}/events`)).body.data;
    expect(events.map((each: { id: string }) => each.id)).toContain(event.id);
    expect(received?.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': expect.any(String) });
    expect(received?.headers.authorization).toBeUndefined();
    expect(await hook.deliveries(id)).toMatchObject([
      {
        webhookId: id,
        eventType: 'task.cancelled',
        status: 'delivered',
        attempts: 1,
        responseStatus: 204,
        nextAttemptAt: null,
      },
    ]);
    await hook.send();
    expect(hook.receiver.received).toHaveLength(1);
  });

  it('show their secret once', async () => {
    const { id, secret } = await hook.add();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { body } = await hook.door.call(`GET ${webhooks}`);
    expect(body.data).toEqual([
      { id, url: hook.receiver.url, events: ['task.cancelled'], enabled: true, createdAt: expect.any(String) },
    ]);
    const changed = await hook.door.call(`PATCH ${webhooks}/${id}`, {
      body: { events: ['task.failed', 'agent.status'] },
    });
    expect(changed.body).toMatchObject({ id, events: ['task.failed', 'agent.status'], enabled: true });
    expect(JSON.stringify([body, changed.body])).not.toContain(secret);
    // The record of the answer is of no use to who reads the database.
    const keyed = { headers: { 'idempotency-key': 'w-1' }, body: { url: hook.receiver.url, events: ['task.failed'] } };
    const made = await hook.door.call(`POST ${webhooks}`, keyed);
    expect((await hook.door.call(`POST ${webhooks}`, keyed)).body).toEqual(made.body);
    const records = await hook.door.store.query.selectFrom('idempotency_keys').select('body').execute();
    expect(JSON.stringify(records)).not.toContain(made.body.secret);
    expect((await hook.door.call(`DELETE ${webhooks}/${id}`)).body).toEqual({ id, deleted: true });
    expect((await hook.door.call(`GET ${webhooks}/${id}/deliveries`)).status).toBe(404);
  });

  it('may not lead where the runtime may not go, neither when they are saved nor when they are called', async () => {
    for (const url of [
      'http://169.254.169.254/latest',
      'https://10.0.0.1/',
      'https://user:pw@example.com/',
      'ftp://a.example',
    ]) {
      const refused = await hook.door.call(`POST ${webhooks}`, { body: { url, events: ['task.failed'] } });
      expect([url, refused.status]).toEqual([url, 400]);
    }
    const refused = await hook.door.call(`POST ${webhooks}`, {
      body: { url: 'https://10.0.0.1/', events: ['task.failed'] },
    });
    expect(refused.body).toMatchObject({
      code: 'request.invalid',
      details: [{ path: '/url', code: 'egress_refused' }],
      hint: expect.stringContaining('RUNCTL_EGRESS_ALLOW'),
    });
    const { id } = await hook.add();
    await hook.door.store.write(({ query }) =>
      query.updateTable('webhooks').set({ url: 'https://10.0.0.1/' }).execute(),
    );
    await hook.cancelTask();
    await hook.send();
    expect(await hook.deliveries(id)).toMatchObject([{ status: 'pending', attempts: 1, responseStatus: null }]);
  });

  it('leave nothing in the outbox where nobody asks for it', async () => {
    await hook.cancelTask();
    expect(await hook.outbox()).toEqual([]);
    const { id } = await hook.add(['task.failed']);
    await hook.cancelTask();
    expect(await hook.outbox()).toEqual([]);
    await hook.door.call(`PATCH ${webhooks}/${id}`, { body: { events: ['task.cancelled'], enabled: false } });
    await hook.cancelTask();
    expect(await hook.outbox()).toEqual([]);
    await hook.door.call(`PATCH ${webhooks}/${id}`, { body: { enabled: true } });
    await hook.cancelTask();
    expect(await hook.outbox()).toMatchObject([{ event_type: 'task.cancelled', body: null }]);
  });

  it('have a row in the outbox for each event that is committed, and none for one that is not', async () => {
    await hook.add(['agent.status']);
    const event = {
      subject_id: hook.agentId,
      tenant_id: hook.door.tenantId,
      type: 'agent.status',
      step: null,
      created_at: hook.now,
    };
    const data = JSON.stringify({ status: 'stopped', version: 1, replicas: { desired: 0, ready: 0 } });
    await hook.door.store.write(async ({ addEvents }) =>
      addEvents([
        { ...event, data },
        { ...event, data },
      ]),
    );
    const undone = hook.door.store.write(async ({ addEvents }) => {
      addEvents([{ ...event, data }]);
      throw new TypeError('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    const rows = await hook.outbox();
    expect(rows.map(({ subject_id, event_type }) => [subject_id, event_type])).toEqual(
      Array.from({ length: 2 }, () => [hook.agentId, 'agent.status']),
    );
    await hook.send();
    const sequences = [0, 1].map((index) => hook.told[index]?.sequence).sort();
    expect(sequences).toEqual(rows.map(({ seq }) => seq).sort());
    expect(hook.told[0]).toMatchObject({
      type: 'agent.status',
      data: { id: hook.agentId, status: 'stopped', name: 'Echo' },
    });
  });

  it('are told of a task that waits for a person, not of one that waits for its own children or a budget', async () => {
    await hook.add(['task.waiting']);
    const taskId = await hook.cancelTask();
    const waiting = (kind: string) => ({
      subject_id: taskId,
      tenant_id: hook.door.tenantId,
      type: 'task.status',
      step: null,
      data: JSON.stringify({ version: 9, status: 'waiting', waiting_for: JSON.stringify({ kind }) }),
      created_at: hook.now,
    });
    await hook.door.store.write(async ({ addEvents }) =>
      addEvents([waiting('children'), waiting('approval'), waiting('budget'), waiting('input')]),
    );
    await hook.send();
    const told = [...hook.told].sort((one, other) => one.sequence - other.sequence);
    expect(told).toMatchObject(
      ['approval', 'input'].map((kind) => ({
        type: 'task.waiting',
        data: { status: 'waiting', waitingFor: { kind } },
      })),
    );
  });

  it('are not told of each task of a tenant that is held at its spend limit', async () => {
    await hook.add(['task.waiting']);
    const body = { agentId: hook.agentId, input: { payload: {} } };
    const task = (await hook.door.call('POST /v1/tasks', { body })).body.id;
    await hook.door.store.write(({ query }) =>
      query.updateTable('tenants').set({ held: 1 }).where('id', '=', hook.door.tenantId).execute(),
    );
    await settleHeldTasks(hook.door.store, hook.door.tenantId, true, () => hook.now);
    expect((await hook.door.call(`GET /v1/tasks/${task}`)).body).toMatchObject({
      status: 'waiting',
      waitingFor: { kind: 'budget' },
    });
    expect(await hook.outbox()).toEqual([]);
  });

  it('are told of workflows', async () => {
    await hook.add(['workflow.completed', 'workflow.failed']);
    const steps = [{ stepId: 'a', name: 'a', type: 'transform', output: 1 }];
    const definition = await hook.door.call('POST /v1/workflow-definitions', {
      body: { name: 'x', pattern: 'sequential', steps },
    });
    const { id: workflowDefinitionId } = definition.body;
    const { body } = await hook.door.call('POST /v1/workflows', { body: { workflowDefinitionId, input: { a: 1 } } });
    await hook.send();
    expect(hook.told[0]).toMatchObject({
      type: 'workflow.completed',
      subjectId: body.id,
      data: { id: body.id, status: 'completed' },
    });
  });

  it('leave out what is large, and say so', async () => {
    await hook.add();
    const id = await hook.cancelTask({ text: 'x'.repeat(300_000) });
    await hook.send();
    expect(hook.receiver.received[0]?.body.length).toBeLessThan(10_000);
    expect(hook.told[0]).toMatchObject({
      truncated: true,
      data: { id, status: 'cancelled', input: { payload: {} } },
    });
  });

  it('count bytes, not letters, for what is large', async () => {
    await hook.add();
    await hook.cancelTask({ text: '语'.repeat(100_000) });
    await hook.send();
    expect(hook.told[0]).toMatchObject({ truncated: true, data: { input: { payload: {} } } });
  });

  it('leave out what is asked where that is large, not by which id it is decided', async () => {
    await hook.add(['task.waiting']);
    const bulk = 'x'.repeat(150_000);
    const task = { subject_id: await hook.cancelTask(), tenant_id: hook.door.tenantId };
    const action = { actionId: 'act_1', expiresAt: null };
    const waits = [
      { kind: 'approval', toolName: 'shell', arguments: { bulk, more: bulk }, ...action },
      { kind: 'input', question: bulk, schema: { description: bulk }, ...action },
    ];
    await hook.door.store.write(async ({ addEvents }) =>
      addEvents(
        waits.map((wait) => ({
          ...{ ...task, type: 'task.status', step: null, created_at: hook.now },
          data: JSON.stringify({ version: 9, status: 'waiting', waiting_for: JSON.stringify(wait) }),
        })),
      ),
    );
    await hook.send();
    const told = [...hook.told].sort((one, other) => one.sequence - other.sequence);
    expect(told).toMatchObject([
      { truncated: true, data: { waitingFor: { kind: 'approval', toolName: 'shell', arguments: {}, ...action } } },
      { truncated: true, data: { waitingFor: { kind: 'input', question: '', schema: null, ...action } } },
    ]);
    for (const { body } of hook.receiver.received) expect(body.length).toBeLessThan(10_000);
  });

  it('sign with the old secret too for a day after a rotation', async () => {
    const { id, secret: old } = await hook.add();
    const { body: rotated } = await hook.door.call(`POST ${webhooks}/${id}/rotate-secret`);
    expect(rotated).toMatchObject({ id, secret: expect.stringMatching(/^whsec_/) });
    expect(rotated.secret).not.toBe(old);
    await hook.cancelTask();
    await hook.send();
    const verify = (index: number, secret: string) => {
      const { body = '', headers = {} } = hook.receiver.received[index] ?? {};
      return verifyWebhook(body, headers, secret, { now: () => hook.now });
    };
    await verify(0, rotated.secret);
    await verify(0, old);
    hook.now += day;
    await hook.cancelTask();
    await hook.send();
    await verify(1, rotated.secret);
    await expect(verify(1, old)).rejects.toMatchObject({ code: 'webhook.invalid_signature' });
  });

  it('have secrets of their own, and know nothing of another tenant’s events', async () => {
    const mine = await hook.add();
    const theirs = await hook.add(['task.cancelled'], hook.door.otherKey);
    expect(mine.secret).not.toBe(theirs.secret);
    await hook.cancelTask();
    await hook.send();
    expect(hook.receiver.received).toHaveLength(1);
    expect(hook.told[0]?.tenantId).toBe(hook.door.tenantId);
  });
});

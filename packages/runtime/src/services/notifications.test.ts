import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyWebhook } from '@runctl/core/webhooks';
import type { WebhookEvent } from '@runctl/sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEgressGuard } from '../egress/egress-guard.ts';
import { type FrontDoor, openFrontDoor, simulatedAgent } from '../http/front-door.test-rig.ts';
import { folderMail } from '../mail/folder-mail.ts';
import { smtpMail } from '../mail/smtp-mail.ts';
import { startMailServer, type TestMailServer } from '../mail/smtp-server.test-rig.ts';
import type { StepRow } from '../store/schema.ts';
import { type StoreHome, stopHomes, storeHomes } from '../store/store-homes.test-rig.ts';
import { type Receiver, startReceiver } from './deliveries/receiver.test-rig.ts';
import { setTenantLimits } from './tenants.ts';

afterAll(stopHomes);

const preferences = '/v1/tenants/current/notification-preferences';
const spendLimit = 'PUT /v1/tenants/current/billing/spend-limit';
const month = 31 * 24 * 60 * 60_000;
const mailFrom = 'runctl@example.com';

describe.each(storeHomes)('notifications on $name', ({ name, create }) => {
  let home: StoreHome;
  let door: FrontDoor;
  let receiver: Receiver;
  let mails: TestMailServer;
  let now: number;
  let taskId: string;
  let step: number;

  beforeAll(async () => {
    home = await create();
  });
  afterAll(() => home.remove());
  beforeEach(async () => {
    now = Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() + 1, 10, 12);
    step = 0;
    receiver = await startReceiver();
    mails = await startMailServer();
    door = await openFrontDoor(await parts());
    taskId = await newTask(door);
  });
  afterEach(async () => {
    expect(door.errors).toEqual([]);
    await door.services.courier.close();
    await door.close();
    await mails.close();
    await receiver.close();
  });

  const parts = async () => ({
    store: await home.open(),
    now: () => now,
    egress: createEgressGuard({ allowedHosts: ['127.0.0.0/8'] }),
    mail: smtpMail({ url: mails.url, from: mailFrom }),
    sending: { chance: () => 0.5 },
    isShared: name === 'postgres',
  });
  async function newTask(at: FrontDoor): Promise<string> {
    const { id: agentId } = (await at.call('POST /v1/agents', { body: simulatedAgent })).body;
    return (await at.call('POST /v1/tasks', { body: { agentId, input: { payload: {} } } })).body.id;
  }
  const set = (body: object, key = door.apiKey) => door.call(`PATCH ${preferences}`, { key, body });

  /** A model call that cost so much. */
  async function spend(usd: number, tokens = 100): Promise<void> {
    step += 1;
    const row: StepRow = {
      task_id: taskId,
      step,
      tenant_id: door.tenantId,
      kind: 'model',
      name: 'gpt',
      status: 'completed',
      entry: '{}',
      input: 'null',
      output: '"x"',
      error: null,
      model: JSON.stringify({ provider: 'openai', model: 'gpt', finishReason: 'stop', simulated: false }),
      tool: null,
      child_task_id: null,
      input_tokens: tokens,
      cache_read_tokens: 0,
      cache_write_tokens: 0,
      output_tokens: 0,
      reasoning_tokens: 0,
      cost_microusd: usd * 1_000_000,
      started_at: now,
      finished_at: now,
    };
    await door.store.write(({ query }) => query.insertInto('steps').values(row).execute());
    // Sums are as of the last second.
    now += 1_000;
  }
  const tell = async () => {
    await door.services.tellThresholds();
    await door.services.courier.sendDue();
  };
  /** In the order of the events: deliveries may overtake each other. */
  const told = () => {
    const events = receiver.received.map(({ body }) => JSON.parse(body) as WebhookEvent);
    return events.sort((one, other) => one.sequence - other.sequence);
  };
  const subjects = () => mails.mails.map(({ raw }) => /^Subject: (.*)\r$/m.exec(raw)?.[1]);

  it('are off at first, and what is left out of a change stays', async () => {
    const first = {
      emailEnabled: false,
      emailRecipients: [],
      thresholds: [50, 80, 100],
      webhookEnabled: false,
      webhookUrl: null,
    };
    expect((await door.call(`GET ${preferences}`)).body).toEqual(first);
    expect((await set({ emailRecipients: ['ann@example.com', 'ann@example.com'] })).body).toEqual({
      ...first,
      emailRecipients: ['ann@example.com'],
    });
    expect((await set({ thresholds: [100, 25, 100] })).body.thresholds).toEqual([25, 100]);
    const { body } = await set({ webhookEnabled: true, webhookUrl: receiver.url });
    expect(body).toMatchObject({ webhookEnabled: true, webhookSecret: expect.stringMatching(/^whsec_/) });
    const { webhookSecret, ...rest } = body;
    expect((await door.call(`GET ${preferences}`)).body).toEqual(rest);
    expect((await set({ thresholds: [50] })).body.webhookSecret).toBeUndefined();
    // It is no webhook like those that a tenant makes.
    expect((await door.call('GET /v1/tenants/current/webhooks')).body.data).toEqual([]);
    expect((await set({ webhookUrl: null })).body).toMatchObject({ webhookEnabled: false, webhookUrl: null });
    expect((await door.call(`GET ${preferences}`, { key: door.otherKey })).body).toEqual(first);
  });

  it.each([
    { emailRecipients: ['ann@example.com\r\nBcc: eve@example.com'] },
    { emailRecipients: ['nobody'] },
    { thresholds: [0] },
    { thresholds: [1_001] },
    { webhookEnabled: true },
    { webhookUrl: 'https://10.0.0.1/' },
    { webhookUrl: 'http://169.254.169.254/' },
  ])('refuse %j', async (body) => {
    expect(await set(body)).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
  });

  it('tell each threshold once a period, by mail and by webhook', async () => {
    await door.call(spendLimit, { body: { amount: 10 } });
    const { webhookSecret } = (
      await set({
        emailEnabled: true,
        emailRecipients: ['ann@example.com', 'ben@example.com'],
        webhookEnabled: true,
        webhookUrl: receiver.url,
      })
    ).body;
    await spend(4);
    await tell();
    expect([subjects(), told()]).toEqual([[], []]);
    await spend(1);
    await tell();
    await tell();
    expect(subjects()).toEqual(['one: 50 % of the spend limit is reached', 'one: 50 % of the spend limit is reached']);
    expect(mails.mails.map(({ to }) => to).sort()).toEqual([['ann@example.com'], ['ben@example.com']]);
    expect(told()).toMatchObject([
      {
        type: 'billing.threshold',
        subjectId: door.tenantId,
        sequence: expect.any(Number),
        data: { resource: 'spend', threshold: 50, limit: 10, used: 5, periodStart: expect.any(String) },
      },
    ]);
    expect(told()[0]?.data).not.toHaveProperty('channel');
    const { body = '', headers = {} } = receiver.received[0] ?? {};
    await verifyWebhook(body, headers, webhookSecret, { now: () => now });
    await spend(6);
    await tell();
    expect(told().map(({ data }) => (data as { threshold: number }).threshold)).toEqual([50, 80, 100]);
    expect(mails.mails).toHaveLength(6);
    // A new period begins from nothing.
    now += month;
    await tell();
    expect(mails.mails).toHaveLength(6);
    await spend(5);
    await tell();
    expect(mails.mails).toHaveLength(8);
  });

  it('tell no threshold twice where the limit changes within the period, and the next one by the limit that is then (R74)', async () => {
    await door.call(spendLimit, { body: { amount: 10 } });
    await set({ emailEnabled: true, emailRecipients: ['ann@example.com'] });
    const reached = () => mails.mails.map(({ raw }) => Number(/(\d+) % of the spend limit/.exec(raw)?.[1]));
    await spend(5);
    await tell();
    expect(reached()).toEqual([50]);
    // Half of it once more, and half of less.
    await door.call(spendLimit, { body: { amount: 20 } });
    await spend(5);
    await tell();
    expect(reached()).toEqual([50]);
    await door.call(spendLimit, { body: { amount: 12 } });
    now += 1_000;
    await tell();
    expect(reached()).toEqual([50, 80]);
    await door.call(spendLimit, { body: { amount: 40 } });
    await spend(22);
    await tell();
    expect(reached()).toEqual([50, 80]);
    await spend(8);
    await tell();
    expect(reached()).toEqual([50, 80, 100]);
  });

  it('tell a threshold once, however many look at the same time', async () => {
    await door.call(spendLimit, { body: { amount: 10 } });
    await set({ emailEnabled: true, emailRecipients: ['ann@example.com'], thresholds: [50] });
    await spend(9);
    const others = name === 'postgres' ? [await openFrontDoor(await parts()), await openFrontDoor(await parts())] : [];
    const all = [door, door, ...others, ...others];
    await Promise.all(all.map(({ services }) => services.tellThresholds()));
    await Promise.all([door, ...others].map(({ services }) => services.courier.sendDue()));
    expect(subjects()).toHaveLength(1);
    for (const other of others) {
      await other.services.courier.close();
      await other.close();
    }
  });

  it('tell webhooks that ask for thresholds, of tokens too', async () => {
    const body = { url: receiver.url, events: ['billing.threshold'] };
    await door.call('POST /v1/tenants/current/webhooks', { body });
    await door.store.write(({ query }) => setTenantLimits(query, door.tenantId, { tokensPerMonth: 1_000 }, now));
    await spend(0, 500);
    await tell();
    expect(told()).toMatchObject([{ data: { resource: 'tokens_per_month', threshold: 50, limit: 1_000, used: 500 } }]);
  });

  it('try a mail again while the server is away, and give up what it will never take', async () => {
    await door.call(spendLimit, { body: { amount: 10 } });
    await set({ emailEnabled: true, emailRecipients: ['ann@example.com'], thresholds: [50, 80] });
    mails.refusal = { code: 451, message: 'later' };
    await spend(5);
    await tell();
    expect(mails.mails).toEqual([]);
    mails.refusal = undefined;
    now += 10_000;
    await tell();
    expect(mails.mails).toHaveLength(1);
    mails.refusal = { code: 550, message: 'no such user' };
    await spend(3);
    await tell();
    const rows = await door.store.query
      .selectFrom('deliveries')
      .selectAll()
      .where('tenant_id', '=', door.tenantId)
      .orderBy('id')
      .execute();
    expect(rows).toMatchObject([
      { status: 'delivered', attempts: 2 },
      { status: 'failed', attempts: 1, response_status: 550 },
    ]);
  });

  it('show what a tenant is called as text of one line, whatever it is', async () => {
    const hostile = 'Acme\r\nBcc: eve@example.com\r\n\r\n<img src=x onerror=alert(1)>\u001b[31m';
    await door.call('PATCH /v1/tenants/current', { body: { name: hostile } });
    await door.call(spendLimit, { body: { amount: 1 } });
    await set({ emailEnabled: true, emailRecipients: ['ann@example.com'], thresholds: [50] });
    await spend(1);
    await tell();
    const [mail] = mails.mails;
    expect(mail?.to).toEqual(['ann@example.com']);
    const [head = '', text = ''] = mail?.raw.split('\r\n\r\n') ?? [];
    expect(head).not.toMatch(/^Bcc:/im);
    expect(head).toMatch(/^Content-Type: text\/plain/m);
    expect(text.replaceAll('=\r\n', '')).toContain('Acme Bcc: eve@example.com <img src=3Dx onerror=3Dalert(1)>');
    expect(mail?.raw).not.toContain('\u001b');
  });

  it('go into a folder where there is no mail server, and count as told by mail only where there is either', async () => {
    await door.call(spendLimit, { body: { amount: 1 } });
    await set({ emailEnabled: true, emailRecipients: ['ann@example.com'], thresholds: [50] });
    await spend(1);
    const folder = mkdtempSync(join(tmpdir(), 'runctl-mail-'));
    const { mail, ...silent } = await parts().catch(() => ({ mail: undefined }) as never);
    if (name === 'postgres') {
      const without = await openFrontDoor(silent);
      await without.services.tellThresholds();
      expect(
        await door.store.query
          .selectFrom('threshold_alerts')
          .selectAll()
          .where('tenant_id', '=', door.tenantId)
          .execute(),
      ).toEqual([]);
      await without.services.courier.close();
      await without.close();
    }
    mail?.close();
    await door.services.courier.close();
    await door.close();
    const { mail: unused, ...rest } = await parts();
    unused.close();
    const reopened = await openFrontDoor({ ...rest, mail: folderMail(folder, () => undefined) });
    await reopened.services.tellThresholds();
    await reopened.services.courier.sendDue();
    const [file = ''] = readdirSync(folder);
    expect(readFileSync(join(folder, file), 'utf8')).toContain('50 % of its spend limit is reached');
    rmSync(folder, { recursive: true });
    door = reopened;
  });
});

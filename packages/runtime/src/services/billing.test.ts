import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type FrontDoor, openFrontDoor, simulatedAgent } from '../http/front-door.test-rig.ts';
import { type StoreHome, stopHomes, storeHomes } from '../store/store-homes.test-rig.ts';
import { type StripeServer, startStripeServer } from './billing/stripe-server.test-rig.ts';
import { foldUsage } from './usage/fold.ts';

afterAll(stopHomes);

const dayMs = 86_400_000;
const hourOf = (at: number) => Math.floor(at / 3_600_000) * 3_600_000;
/** The period of a subscription that began then. */
const inSeconds = (at: number) => ({ start: Math.floor(at / 1_000), end: Math.floor(at / 1_000) + 30 * 86_400 });
const webhookSecret = 'whsec_of_the_test';
const returnUrl = 'https://app.example.com/billing?done=1';
const portal = 'POST /v1/tenants/current/billing/portal-sessions';
const checkout = 'POST /v1/tenants/current/billing/checkout-sessions';

it('without a provider portal and checkout are 501, and the events of nobody’s Stripe too', async () => {
  const door = await openFrontDoor();
  const refusal = { status: 501, body: { code: 'billing.not_configured' } };
  expect(await door.call(portal, { body: { returnUrl } })).toMatchObject(refusal);
  expect(await door.call(checkout, { body: { returnUrl, cancelUrl: returnUrl } })).toMatchObject(refusal);
  expect(await door.call('POST /v1/billing/stripe/events', { key: null, body: {} })).toMatchObject(refusal);
  await door.close();
});

describe.each(storeHomes)('billing by Stripe on $name', ({ create }) => {
  let home: StoreHome;
  let stripe: StripeServer;
  let door: FrontDoor;
  let now: number;
  let failures: unknown[];

  beforeAll(async () => {
    home = await create();
  });
  afterAll(() => home.remove());
  beforeEach(async () => {
    now = Date.now();
    stripe = await startStripeServer();
    stripe.nowMs = () => now;
    failures = [];
    const settings = { apiKey: 'sk_test_1', webhookSecret, priceId: 'price_1', apiUrl: stripe.url };
    const billing = { stripe: settings, returnOrigins: ['https://app.example.com'] };
    door = await openFrontDoor({
      store: await home.open(),
      billing,
      now: () => now,
      onError: (error) => failures.push(error),
    });
    // Customers of the provider are unique in the database, and each test begins with a new provider.
    await door.store.write(({ query }) => query.deleteFrom('billing_accounts').execute());
    await door.store.write(({ query }) => query.deleteFrom('billing_events').execute());
  });
  afterEach(async () => {
    await door.close();
    await stripe.close();
  });

  /** As Stripe sends it. */
  function send(
    event: object,
    { secret = webhookSecret, at = Date.now(), body = JSON.stringify(event) } = {},
  ): Promise<Answer> {
    const seconds = Math.floor(at / 1_000);
    const signature = createHmac('sha256', secret)
      .update(`${seconds}.${JSON.stringify(event)}`)
      .digest('hex');
    const headers = { 'stripe-signature': `t=${seconds},v1=${signature}` };
    return door.call('POST /v1/billing/stripe/events', { key: null, body, headers });
  }

  const event = (id: string, type: string, subscription: string) => ({
    id,
    object: 'event',
    type,
    data: { object: { id: subscription, object: 'subscription', customer: 'cus_1', status: 'whatever it was then' } },
  });
  const summary = async (key = door.apiKey) => (await door.call('GET /v1/tenants/current/billing', { key })).body;
  const subscribe = (status: string, customer = 'cus_1') => {
    const start = Math.floor(now / 1_000) - 86_400;
    stripe.subscriptions.set('sub_1', { customer, status, start, end: start + 30 * 86_400 });
    return start;
  };

  /** Model calls that ended at these times, for 1,500 millionths of a dollar each. */
  async function spend(key: string, tenantId: string, times: readonly number[]): Promise<void> {
    const agentId = (await door.call('POST /v1/agents', { key, body: simulatedAgent })).body.id;
    const made = await door.call('POST /v1/tasks', { key, body: { agentId, input: { payload: {} } } });
    const model = JSON.stringify({ provider: 'openai', model: 'gpt', simulated: false });
    const common = {
      task_id: made.body.id,
      tenant_id: tenantId,
      kind: 'model' as const,
      name: 'gpt',
      model,
      tool: null,
    };
    const text = { status: 'completed' as const, entry: '{}', input: 'null', output: '""', error: null };
    const tokens = {
      input_tokens: 10,
      cache_read_tokens: 0,
      cache_write_tokens: 0,
      output_tokens: 5,
      reasoning_tokens: 0,
    };
    const steps = times.map((at, before) => ({
      ...{ ...common, ...text, ...tokens, step: before + 1, child_task_id: null, cost_microusd: 1_500 },
      ...{ started_at: at, finished_at: at },
    }));
    await door.store.write(({ query }) => query.insertInto('steps').values(steps).execute());
  }
  const reported = () => stripe.requests.filter(({ route }) => route === 'POST /v1/billing/meter_events');

  it('opens the portal and a checkout for one customer a tenant, made when it is first needed', async () => {
    const opened = await Promise.all([
      door.call(portal, { body: { returnUrl } }),
      door.call(portal, { body: { returnUrl } }),
    ]);
    for (const { body } of opened) {
      expect(body).toEqual({ portalUrl: 'https://billing.stripe.test/p/cus_1', expiresAt: null });
    }
    const paid = await door.call(checkout, { body: { returnUrl, cancelUrl: returnUrl } });
    expect(paid.body).toEqual({
      checkoutUrl: 'https://checkout.stripe.test/c/1',
      expiresAt: '2030-03-17T17:46:40.000Z',
    });
    const asked = stripe.requests.filter(({ route }) => route === 'POST /v1/customers');
    expect(new Set(asked.map(({ idempotencyKey }) => idempotencyKey))).toEqual(
      new Set([`runctl-customer-${door.tenantId}`]),
    );
    expect(stripe.requests.at(-1)?.form).toMatchObject({
      mode: 'subscription',
      customer: 'cus_1',
      'line_items[0][price]': 'price_1',
      success_url: returnUrl,
    });
    expect(await summary()).toMatchObject({ provider: 'stripe', status: 'none' });
  });

  it('leads nobody to a place that the operator does not name', async () => {
    const places = [
      'https://evil.example.com/',
      'https://app.example.com.evil.example/',
      'https://app.example.com@evil.example/',
      'https://user@app.example.com/',
      'http://app.example.com/',
      'javascript:alert(1)',
      '//app.example.com/',
    ];
    for (const place of places) {
      expect([place, (await door.call(portal, { body: { returnUrl: place } })).status]).toEqual([place, 400]);
      const body = { returnUrl, cancelUrl: place };
      expect([place, (await door.call(checkout, { body })).status]).toEqual([place, 400]);
    }
    expect(stripe.requests).toEqual([]);
  });

  it('follows the subscription through events that come twice, late and out of order', async () => {
    await door.call(portal, { body: { returnUrl } });
    const start = subscribe('active');
    // Both changes have happened when the first word of them arrives, and the older one comes last.
    expect(await send(event('evt_2', 'customer.subscription.updated', 'sub_1'))).toMatchObject({ status: 200 });
    expect(await send(event('evt_1', 'customer.subscription.created', 'sub_1'))).toMatchObject({ status: 200 });
    expect(await summary()).toMatchObject({ status: 'active', periodStart: new Date(start * 1_000).toISOString() });
    subscribe('canceled');
    expect(await send(event('evt_3', 'customer.subscription.deleted', 'sub_1'))).toMatchObject({ status: 200 });
    const again = await Promise.all(
      [1, 2, 3].map(() => send(event('evt_2', 'customer.subscription.updated', 'sub_1'))),
    );
    expect(again.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await summary()).toMatchObject({ status: 'cancelled' });
    expect(await summary(door.otherKey)).toMatchObject({ status: 'none' });
  });

  it('takes no event that is forged, altered or old, and none of a customer that is not ours', async () => {
    await door.call(portal, { body: { returnUrl } });
    subscribe('active');
    const real = event('evt_1', 'customer.subscription.updated', 'sub_1');
    expect(await send(real, { secret: 'whsec_guess' })).toMatchObject({ status: 401 });
    expect(await send(real, { body: JSON.stringify({ ...real, id: 'evt_9' }) })).toMatchObject({ status: 401 });
    expect(await send(real, { at: Date.now() - 3_600_000 })).toMatchObject({ status: 401 });
    expect(await door.call('POST /v1/billing/stripe/events', { key: null, body: real })).toMatchObject({ status: 401 });
    expect(await summary()).toMatchObject({ status: 'none' });
    subscribe('active', 'cus_of_somebody_else');
    expect(await send(real)).toMatchObject({ status: 200 });
    expect(await summary()).toMatchObject({ status: 'none' });
  });

  it('asks for an event again that it could not look into', async () => {
    await door.call(portal, { body: { returnUrl } });
    subscribe('active');
    stripe.isDown = true;
    const refused = await send(event('evt_1', 'customer.subscription.updated', 'sub_1'));
    expect(refused).toMatchObject({ status: 503, body: { code: 'billing.provider_failed', retryable: true } });
    expect(JSON.stringify(refused.body)).not.toContain('sk_live_secret');
    stripe.isDown = false;
    expect(await send(event('evt_1', 'customer.subscription.updated', 'sub_1'))).toMatchObject({ status: 200 });
    expect(await summary()).toMatchObject({ status: 'active' });
  });

  it('tells what was spent, each hour once', async () => {
    await door.call(portal, { body: { returnUrl } });
    subscribe('active');
    await send(event('evt_1', 'customer.subscription.created', 'sub_1'));
    await spend(door.apiKey, door.tenantId, [now, now]);
    const hour = Math.floor(now / 3_600_000) * 3_600_000;
    now += 2 * 3_600_000;
    await foldUsage(door.store, door.tenantId, now);
    stripe.isDown = true;
    await expect(door.services.billing.report(door.tenantId)).rejects.toThrow();
    stripe.isDown = false;
    stripe.requests.length = 0;
    await door.services.billing.report(door.tenantId);
    await door.services.billing.report(door.tenantId);
    expect(reported().map(({ form }) => form)).toEqual([
      {
        event_name: 'runctl_spend',
        identifier: `${door.tenantId}:${hour}`,
        timestamp: String(hour / 1_000),
        'payload[stripe_customer_id]': 'cus_1',
        'payload[value]': '3000',
      },
    ]);
    await door.store.write(({ query }) => query.updateTable('billing_accounts').set({ reported_until: 0 }).execute());
    await door.services.billing.report(door.tenantId);
    expect(reported()).toHaveLength(2);
  });

  it('bills nothing of the time before the subscription, however long ago the customer was made', async () => {
    const madeAt = now;
    const subscribedAt = madeAt + 88 * dayMs;
    await door.call(portal, { body: { returnUrl } });
    await spend(door.apiKey, door.tenantId, [madeAt + dayMs, subscribedAt - dayMs, subscribedAt + dayMs]);
    now = subscribedAt + 2 * dayMs;
    subscribe('active');
    await foldUsage(door.store, door.tenantId, now);
    await door.services.billing.report(door.tenantId);
    expect(reported()).toEqual([]);
    stripe.subscriptions.set('sub_1', { customer: 'cus_1', status: 'active', ...inSeconds(subscribedAt) });
    for (const id of ['evt_1', 'evt_2']) await send(event(id, 'customer.subscription.updated', 'sub_1'));
    await door.services.billing.report(door.tenantId);
    expect(reported().map(({ form }) => form.timestamp)).toEqual([`${hourOf(subscribedAt + dayMs) / 1_000}`]);
    expect(failures).toEqual([]);
  });

  it('tells the operator of spend that the provider takes no more, and goes on behind it', async () => {
    const since = now;
    await door.call(portal, { body: { returnUrl } });
    await spend(door.apiKey, door.tenantId, [since + dayMs, since + 50 * dayMs]);
    now = since + 60 * dayMs;
    stripe.subscriptions.set('sub_1', { customer: 'cus_1', status: 'active', ...inSeconds(since) });
    await send(event('evt_1', 'customer.subscription.created', 'sub_1'));
    await foldUsage(door.store, door.tenantId, now);
    await door.services.billing.report(door.tenantId);
    expect(reported().map(({ form }) => form.timestamp)).toEqual([`${hourOf(since + 50 * dayMs) / 1_000}`]);
    expect(failures).toMatchObject([
      { message: expect.stringContaining(`Of ${door.tenantId}, 0.00 US dollars are older`) },
    ]);
    await door.services.billing.report(door.tenantId);
    expect(failures).toHaveLength(1);
  });

  it('of one tenant fails alone: the others are billed, and what is too old of it goes', async () => {
    const both = [
      { key: door.apiKey, id: door.tenantId, customer: 'cus_1' },
      { key: door.otherKey, id: door.otherTenantId, customer: 'cus_2' },
    ];
    for (const [at, { key, id, customer }] of both.entries()) {
      await door.call(portal, { key, body: { returnUrl } });
      stripe.subscriptions.set(`sub_${at}`, { customer, status: 'active', ...inSeconds(now - dayMs) });
      await send(event(`evt_${at}`, 'customer.subscription.created', `sub_${at}`));
      await spend(key, id, [now]);
    }
    const [first] = [...both].sort((one, other) => (one.id < other.id ? -1 : 1));
    stripe.refused.add(first?.customer ?? '');
    now += 2 * 3_600_000;
    const house = door.services.keepHouse();
    await house.tidy();
    await house.bill();
    const taken = reported().map(({ form }) => form['payload[stripe_customer_id]']);
    expect(taken.sort()).toEqual(['cus_1', 'cus_2']);
    expect(failures).toMatchObject([{ code: 'billing.provider_failed' }]);
    stripe.refused.clear();
    stripe.requests.length = 0;
    await house.bill();
    expect(reported().map(({ form }) => form['payload[stripe_customer_id]'])).toEqual([first?.customer]);
    await house.close();
  });
});

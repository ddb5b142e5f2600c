import type Stripe from 'stripe';
import { Failure } from '../failure.ts';
import type { BillingProvider, ProviderPage, ProviderSubscription } from './billing-provider.ts';

/** How Stripe is reached, and what is sold there. */
export interface StripeSettings {
  /** `sk_...` */
  apiKey: string;
  /** `whsec_...`, of the endpoint that events are sent to. */
  webhookSecret: string;
  /** The metered price that a checkout subscribes to. */
  priceId: string;
  /** Event name of the meter; its values are millionths of a US dollar. Default `runctl_spend`. */
  meter?: string;
  /** Where the API is. Default Stripe's. */
  apiUrl?: string;
}

const timeoutMs = 10_000;
/**
 * Stripe takes events of a meter for 35 days; an hour less is for the way there.
 *
 * @see https://docs.stripe.com/api/billing/meter-event/create
 */
const takesUsageForMs = (35 * 24 - 1) * 60 * 60 * 1_000;

/** Billing by Stripe. The one place that knows its package, which is loaded when it is first needed. */
export function stripeProvider(settings: StripeSettings): BillingProvider {
  const { meter = 'runctl_spend', priceId, webhookSecret } = settings;
  let loading: Promise<Stripe> | undefined;
  const client = () => {
    loading ??= load(settings);
    return loading;
  };
  const ask = async <Answer>(work: (stripe: Stripe) => Promise<Answer>): Promise<Answer> => {
    try {
      return await work(await client());
    } catch (cause) {
      // What Stripe says may name the operator's account: it stays in the log.
      throw new Failure('billing.provider_failed', 'Stripe did not do what was asked.', {
        cause,
        retryAfterSeconds: 5,
        hint: 'Try again; if it stays like this, the log of the runtime has the reason.',
      });
    }
  };
  return {
    takesUsageForMs,
    createCustomer: (tenantId, name) =>
      ask(async (stripe) => {
        const customer = { name, metadata: { tenant_id: tenantId } };
        return (await stripe.customers.create(customer, { idempotencyKey: `runctl-customer-${tenantId}` })).id;
      }),
    openPortal: ({ customerId }, returnUrl) =>
      ask(async (stripe): Promise<ProviderPage> => {
        const session = await stripe.billingPortal.sessions.create({ customer: customerId, return_url: returnUrl });
        return { url: session.url, expiresAt: null };
      }),
    openCheckout: ({ customerId, tenantId }, returnUrl, cancelUrl) =>
      ask(async (stripe): Promise<ProviderPage> => {
        const session = await stripe.checkout.sessions.create({
          mode: 'subscription',
          customer: customerId,
          client_reference_id: tenantId,
          line_items: [{ price: priceId }],
          success_url: returnUrl,
          cancel_url: cancelUrl,
        });
        if (session.url === null) throw new TypeError('A checkout on a page of Stripe has an address.');
        return { url: session.url, expiresAt: session.expires_at * 1_000 };
      }),
    readSubscription: (subscriptionId) =>
      ask(async (stripe) => toSubscription(await stripe.subscriptions.retrieve(subscriptionId))),
    reportUsage: ({ customerId }, { id, at, costMicrousd }) =>
      ask(async (stripe) => {
        const payload = { stripe_customer_id: customerId, value: String(costMicrousd) };
        const event = { event_name: meter, identifier: id, timestamp: Math.floor(at / 1_000), payload };
        await stripe.billing.meterEvents.create(event, { idempotencyKey: id }).catch((error: unknown) => {
          if (!isKnownAlready(error)) throw error;
        });
      }),
    readEvent: async (payload, signature) => {
      const stripe = await client();
      const event = await stripe.webhooks.constructEventAsync(payload, signature, webhookSecret).catch(() => null);
      return event === null ? null : { id: event.id, subscriptionId: subscriptionOf(event) };
    },
  };
}

/** Stripe has no code for this, only the sentence. */
function isKnownAlready(error: unknown): boolean {
  return error instanceof Error && /already exists with identifier/.test(error.message);
}

async function load({ apiKey, apiUrl }: StripeSettings): Promise<Stripe> {
  const { default: StripeClient } = await import('stripe');
  const server = apiUrl === undefined ? {} : serverOf(new URL(apiUrl));
  return new StripeClient(apiKey, { timeout: timeoutMs, maxNetworkRetries: 2, telemetry: false, ...server });
}

function serverOf({ hostname, port, protocol }: URL): { host: string; port?: string; protocol: 'http' | 'https' } {
  return { host: hostname, protocol: protocol === 'http:' ? 'http' : 'https', ...(port === '' ? {} : { port }) };
}

/** Events tell that something changed, in any order; what it is now, the subscription itself says. */
function subscriptionOf(event: Stripe.Event): string | null {
  if (event.type.startsWith('customer.subscription.')) return (event.data.object as Stripe.Subscription).id;
  if (event.type !== 'checkout.session.completed') return null;
  const { subscription } = event.data.object as Stripe.Checkout.Session;
  return typeof subscription === 'string' ? subscription : (subscription?.id ?? null);
}

const statuses: Readonly<Record<string, ProviderSubscription['status']>> = {
  trialing: 'trialing',
  active: 'active',
  canceled: 'cancelled',
  incomplete_expired: 'cancelled',
};

function toSubscription(subscription: Stripe.Subscription): ProviderSubscription {
  const [item] = subscription.items.data;
  return {
    subscriptionId: subscription.id,
    customerId: typeof subscription.customer === 'string' ? subscription.customer : subscription.customer.id,
    status: statuses[subscription.status] ?? 'past_due',
    startedAt: subscription.start_date * 1_000,
    periodStart: item === undefined ? null : item.current_period_start * 1_000,
    periodEnd: item === undefined ? null : item.current_period_end * 1_000,
  };
}

import type {
  CheckoutSession,
  CreateCheckoutSessionInput,
  CreatePortalSessionInput,
  PortalSession,
} from '@runctl/tenants';
import { hourOf } from '../full-hours.ts';
import type { Store } from '../store/store.ts';
import { accountOfCustomer, markBillingEvent } from './accounts/above-tenants.ts';
import { AccountScope, AccountWriteScope } from './accounts/account-scope.ts';
import type { BillingProvider, Customer, ProviderPage } from './billing/billing-provider.ts';
import { Failure, invalid } from './failure.ts';
import type { TenantScope } from './tenant-scope.ts';
import { readTenant } from './tenants.ts';
import { formatTimestampOrNull } from './wire/format-timestamp.ts';

/** What billing needs. */
export interface BillingParts {
  store: Pick<Store, 'query' | 'write' | 'ofTenant'>;
  now: () => number;
  /** Absent: spend is metered, and nobody is billed. */
  provider?: BillingProvider;
  /** Origins that people may be sent back to. */
  returnOrigins?: readonly string[];
  /** Told of spend that can be billed no more. */
  onError: (error: unknown) => void;
}

/** Billing by a provider: its pages, its events, and what it is told of the usage. */
export class BillingService {
  readonly #parts: BillingParts;

  constructor(parts: BillingParts) {
    this.#parts = parts;
  }

  /** @throws {Failure} `billing.not_configured`, `request.invalid` - the URL leads elsewhere; `billing.provider_failed` */
  async openPortal(scope: TenantScope, { returnUrl }: CreatePortalSessionInput): Promise<PortalSession> {
    const provider = this.#provider();
    this.#checkReturn('/returnUrl', returnUrl);
    const page = await provider.openPortal(await this.#customer(provider, scope), returnUrl);
    return { portalUrl: page.url, expiresAt: formatTimestampOrNull(page.expiresAt) };
  }

  /** @throws {Failure} as {@link openPortal} */
  async openCheckout(scope: TenantScope, input: CreateCheckoutSessionInput): Promise<CheckoutSession> {
    const provider = this.#provider();
    this.#checkReturn('/returnUrl', input.returnUrl);
    this.#checkReturn('/cancelUrl', input.cancelUrl);
    const customer = await this.#customer(provider, scope);
    const page: ProviderPage = await provider.openCheckout(customer, input.returnUrl, input.cancelUrl);
    return { checkoutUrl: page.url, expiresAt: formatTimestampOrNull(page.expiresAt) };
  }

  /**
   * Takes an event of the provider. Events may come twice and in any order: each id counts once, and what it is about is
   * asked for as it is now. Whose it is, our own record of customers says, not the event. What was spent before there
   * was a subscription is nothing that it bills.
   *
   * @throws {Failure} `billing.not_configured`; `authentication.failed` - not signed by the provider, or too long ago;
   * `billing.provider_failed` - it will send the event again
   */
  async receive(payload: string, signature: string): Promise<void> {
    const provider = this.#provider();
    const event = await provider.readEvent(payload, signature);
    if (event === null) throw new Failure('authentication.failed', 'The event is not signed by the billing provider.');
    if (event.subscriptionId === null) return;
    // From here on no older look may overwrite this one.
    const askedAt = this.#parts.now();
    const subscription = await provider.readSubscription(event.subscriptionId);
    const billedFrom = hourOf(subscription.startedAt);
    await this.#parts.store.write(async ({ query }) => {
      if (!(await markBillingEvent(query, event.id, askedAt))) return;
      const found = await accountOfCustomer(query, subscription.customerId).select('tenant_id').executeTakeFirst();
      if (found === undefined) return;
      await new AccountWriteScope(found.tenant_id, query)
        .updateBillingAccount()
        .set(({ eb }) => ({
          reported_until: eb
            .case()
            .when('reported_until', '<', billedFrom)
            .then(billedFrom)
            .else(eb.ref('reported_until'))
            .end(),
          subscription_id: subscription.subscriptionId,
          status: subscription.status,
          period_start: subscription.periodStart,
          period_end: subscription.periodEnd,
          changed_at: askedAt,
        }))
        .where('changed_at', '<=', askedAt)
        .execute();
    });
  }

  /**
   * Tells the provider what was spent in the hours that are summed up and not told yet. An hour that is told twice, after
   * a crash or by two processes, has the same id both times, and counts once. An hour that the provider takes no more,
   * as after weeks without it, is left out and told to the operator: it must not keep back all that come behind it.
   */
  async report(tenantId: string): Promise<void> {
    const { provider, store } = this.#parts;
    if (provider === undefined) return;
    const door = store.ofTenant(tenantId);
    const account = new AccountScope(tenantId, door.query);
    const billing = await account.billingAccount().selectAll().executeTakeFirst();
    const fold = await account.usageFold().select('folded_until').executeTakeFirst();
    if (billing === undefined || billing.subscription_id === null || fold === undefined) return;
    const { reported_until: from } = billing;
    const rows = await account
      .usageHours()
      .where('hour', '>=', from)
      .where('hour', '<', fold.folded_until)
      .select(({ fn }) => ['hour', fn.sum<number>('cost_microusd').as('cost')])
      .groupBy('hour')
      .orderBy('hour')
      .execute();
    const customer = { customerId: billing.customer_id, tenantId };
    const takenSince = this.#parts.now() - provider.takesUsageForMs;
    let lostMicrousd = 0;
    for (const { hour, cost } of rows) {
      const usage = { id: `${tenantId}:${hour}`, at: hour, costMicrousd: Number(cost) };
      if (hour < takenSince) lostMicrousd += usage.costMicrousd;
      else if (usage.costMicrousd > 0) await provider.reportUsage(customer, usage);
    }
    await door.write(({ query }) =>
      new AccountWriteScope(tenantId, query)
        .updateBillingAccount()
        .set({ reported_until: fold.folded_until })
        .where('reported_until', '=', from)
        .execute(),
    );
    if (lostMicrousd > 0) this.#parts.onError(unbilled(tenantId, lostMicrousd));
  }

  #provider(): BillingProvider {
    const { provider } = this.#parts;
    if (provider !== undefined) return provider;
    throw new Failure(
      'billing.not_configured',
      'This runtime has no billing provider: spend is metered, nobody is billed.',
      {
        hint: 'The operator can set RUNCTL_STRIPE_API_KEY.',
      },
    );
  }

  /** By origin: nothing that this runtime opens leads to a place that its operator does not name. */
  #checkReturn(path: string, url: string): void {
    const { returnOrigins = [] } = this.#parts;
    const { origin, username, password } = new URL(url);
    if (returnOrigins.includes(origin) && username === '' && password === '') return;
    const message = `Expected a URL of an origin that the operator allows, got one of ${origin}.`;
    throw invalid([{ path, code: 'origin_not_allowed', message }]);
  }

  /** Made at the provider when it is first needed. */
  async #customer(provider: BillingProvider, scope: TenantScope): Promise<Customer> {
    const { tenantId } = scope;
    const known = await scope.account().billingAccount().select('customer_id').executeTakeFirst();
    if (known !== undefined) return { customerId: known.customer_id, tenantId };
    const { name } = await readTenant(scope.account());
    const customerId = await provider.createCustomer(tenantId, name);
    const now = this.#parts.now();
    return this.#parts.store.ofTenant(tenantId).write(async ({ query }) => {
      const account = new AccountWriteScope(tenantId, query);
      await account.insertBillingAccount({
        customer_id: customerId,
        subscription_id: null,
        status: 'none',
        period_start: null,
        period_end: null,
        changed_at: 0,
        reported_until: hourOf(now),
      });
      const { customer_id } = await account.billingAccount().select('customer_id').executeTakeFirstOrThrow();
      return { customerId: customer_id, tenantId };
    });
  }
}

function unbilled(tenantId: string, costMicrousd: number): Failure {
  const spent = `${(costMicrousd / 1_000_000).toFixed(2)} US dollars`;
  return new Failure(
    'billing.provider_failed',
    `Of ${tenantId}, ${spent} are older than the billing provider takes usage, and stay unbilled.`,
    { hint: 'Add them to its next invoice by hand.' },
  );
}

/** Whom a bill goes to, at the provider. */
export interface Customer {
  customerId: string;
  tenantId: string;
}

/** A page of the provider that a person is sent to. */
export interface ProviderPage {
  url: string;
  /** Milliseconds since the epoch; null where the provider does not say. */
  expiresAt: number | null;
}

/** A subscription as the provider has it now. */
export interface ProviderSubscription {
  subscriptionId: string;
  customerId: string;
  status: 'trialing' | 'active' | 'past_due' | 'cancelled';
  /** Since when it bills, milliseconds since the epoch. */
  startedAt: number;
  periodStart: number | null;
  periodEnd: number | null;
}

/** A signed word of the provider that something has happened; what it is, is to be asked. */
export interface ProviderEvent {
  id: string;
  /** Null: it is of nothing that matters here. */
  subscriptionId: string | null;
}

/** What can be had from a billing provider. Its failures are {@link Failure}s, `billing.provider_failed`. */
export interface BillingProvider {
  /** Usage that is older than this is refused, milliseconds. */
  readonly takesUsageForMs: number;
  /** The same tenant gets the same customer, also where two ask at once. */
  createCustomer(tenantId: string, name: string): Promise<string>;
  openPortal(customer: Customer, returnUrl: string): Promise<ProviderPage>;
  openCheckout(customer: Customer, returnUrl: string, cancelUrl: string): Promise<ProviderPage>;
  readSubscription(subscriptionId: string): Promise<ProviderSubscription>;
  /** Reports what was spent in an hour, once however often it is told under one `id`. */
  reportUsage(customer: Customer, usage: { id: string; at: number; costMicrousd: number }): Promise<void>;
  /** Null where the signature is not the provider's, or too old. */
  readEvent(payload: string, signature: string): Promise<ProviderEvent | null>;
}

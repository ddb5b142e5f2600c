import type { Timestamp } from '@runctl/core';

/** One line of the bill. */
export interface BillingLine {
  /** What it is for. */
  description: string;
  /** How much, in `unit`. */
  quantity: number;
  /** Of `quantity`, e.g. `tokens`. */
  unit: string;
  /** In the summary's currency. */
  amount: number;
}

/** What a tenant spends in this billing period. */
export interface BillingSummary {
  /** The name of its plan. */
  plan: string;
  /** `none`: this runtime has no billing provider; spend is metered all the same. */
  provider: 'none' | 'stripe';
  /** Of its subscription; `none` without one. */
  status: 'none' | 'trialing' | 'active' | 'past_due' | 'cancelled';
  /** Of every amount. */
  currency: 'USD';
  /** So far, in `currency`. */
  currentSpend: number;
  /** In `currency`; null: no limit. */
  spendLimit: number | null;
  /** What happens at the limit. `notify`: a message. `pause`: tasks wait until it is raised. `reject`: new tasks get 402. */
  onLimit: 'notify' | 'pause' | 'reject';
  /** First instant of this billing period. */
  periodStart: Timestamp;
  /** First instant after it. */
  periodEnd: Timestamp;
  /** What the spend consists of. */
  lines: BillingLine[];
}

/** How much a tenant may spend. */
export interface SetSpendLimitInput {
  /** US dollars a billing period, 0 or more; null: no limit. */
  amount: number | null;
  /** What happens at the limit. Default: as before, at first `notify`. */
  onLimit?: BillingSummary['onLimit'];
}

/** Where the billing portal leads back to. */
export interface CreatePortalSessionInput {
  /** HTTPS URL. */
  returnUrl: string;
}

/** A visit to the billing portal. */
export interface PortalSession {
  /** Send the person there. */
  portalUrl: string;
  /** Of no use after it; null where the provider does not say. */
  expiresAt: Timestamp | null;
}

/** Where a checkout leads back to. */
export interface CreateCheckoutSessionInput {
  /** HTTPS URL, after a payment. */
  returnUrl: string;
  /** HTTPS URL, after none. */
  cancelUrl: string;
}

/** A checkout. */
export interface CheckoutSession {
  /** Send the person there. */
  checkoutUrl: string;
  /** Of no use after it; null where the provider does not say. */
  expiresAt: Timestamp | null;
}

/** Who is told about the spend, and when. */
export interface NotificationPreferences {
  /** By e-mail. */
  emailEnabled: boolean;
  /** E-mail addresses. */
  emailRecipients: string[];
  /** Percent of the spend limit, and of the month's tokens where they are limited; each told once a billing period and channel. 1 to 1,000. */
  thresholds: number[];
  /** By a signed request to `webhookUrl`. */
  webhookEnabled: boolean;
  /** HTTPS URL; null: none. */
  webhookUrl: string | null;
}

/** What a change of the preferences answers with. */
export interface UpdatedNotificationPreferences extends NotificationPreferences {
  /**
   * Signs what is sent to `webhookUrl`, as https://www.standardwebhooks.com says. There only where the change has set
   * another address; shown this once.
   */
  webhookSecret?: string;
}

import type { ThresholdReached } from '@runctl/tenants';

/** Whom a threshold is told: the addresses of the preferences, its webhook, or the webhooks that ask for it. */
export type ThresholdChannel = 'email' | 'webhook' | 'events';

/** What the event of a threshold keeps. */
export interface StoredThreshold extends ThresholdReached {
  channel: ThresholdChannel;
}

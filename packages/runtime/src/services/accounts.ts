import type { Store } from '../store/store.ts';
import { hashApiKey } from './api-key-text.ts';
import { ApiKeyService } from './api-keys.ts';
import { AuditLog } from './audit-log.ts';
import { Authentication } from './authentication.ts';
import type { BillingSettings } from './billing/billing-settings.ts';
import { stripeProvider } from './billing/stripe-provider.ts';
import { BillingService } from './billing.ts';
import { Housekeeping } from './housekeeping.ts';
import { InviteService } from './invites.ts';
import { KeyUses } from './key-uses.ts';
import { MemberService } from './members.ts';
import { tellThresholds } from './notifications/tell-thresholds.ts';
import { Quotas } from './quotas.ts';
import { RateLimits } from './rate-limits.ts';
import { sharedBuckets } from './shared-buckets.ts';
import { SpendService } from './spend.ts';
import { TenantService } from './tenants.ts';
import { UsageHistories } from './usage/histories.ts';
import { UsageMeter } from './usage/usage-meter.ts';
import { UsageService } from './usage.ts';

/** What accounts need. */
export interface AccountParts {
  store: Store;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** The operator's key: the one that makes tenants. Absent: nobody is the operator. */
  operatorKey?: string;
  /** Whether other processes serve the same database, so that rate limits are kept in it. */
  isShared?: boolean;
  /** How tenants are billed. Absent: spend is metered, and nobody is billed. */
  billing?: BillingSettings;
  /** Sends mail. Absent: nobody is told of anything by it. */
  mail?: unknown;
  /** Told where something that no request waits for fails. Default: nobody. */
  onError?: (error: unknown) => void;
}

/** Who may do what, what is used, and who did what. */
export interface AccountServices {
  authentication: Authentication;
  tenants: TenantService;
  apiKeys: ApiKeyService;
  members: MemberService;
  invites: InviteService;
  auditLog: AuditLog;
  rateLimits: RateLimits;
  quotas: Quotas;
  usage: UsageService;
  histories: UsageHistories;
  spend: SpendService;
  billing: BillingService;
  keyUses: KeyUses;
  /** Tells of limits that are nearly or wholly used up, now. */
  tellThresholds(): Promise<void>;
  /** Starts what happens by itself; the way to stop it. */
  keepHouse(): Housekeeping;
}

/** Puts the services of accounts together. */
export function createAccounts(parts: AccountParts): AccountServices {
  const { store, now, operatorKey, isShared = false, onError = () => undefined } = parts;
  const keyUses = new KeyUses(store, onError);
  const meter = new UsageMeter(now);
  const quotas = new Quotas(now, meter);
  const auditLog = new AuditLog(now);
  const provider = parts.billing === undefined ? undefined : stripeProvider(parts.billing.stripe);
  const returnOrigins = parts.billing?.returnOrigins ?? [];
  const billing = new BillingService({
    store,
    now,
    returnOrigins,
    onError,
    ...(provider === undefined ? {} : { provider }),
  });
  const tellNow = () => tellThresholds({ store, meter, hasMail: parts.mail !== undefined, now });
  return {
    authentication: new Authentication({
      query: store.query,
      now,
      onUse: (apiKeyId, usedAt) => keyUses.note(apiKeyId, usedAt),
      ...(operatorKey === undefined ? {} : { operatorKeyHash: hashApiKey(operatorKey) }),
    }),
    tenants: new TenantService(now),
    apiKeys: new ApiKeyService(now),
    members: new MemberService(now),
    invites: new InviteService(now, auditLog),
    auditLog,
    rateLimits: new RateLimits({ now, ...(isShared ? { shared: sharedBuckets(store) } : {}) }),
    quotas,
    usage: new UsageService(now),
    histories: new UsageHistories(now),
    spend: new SpendService({ now, meter, quotas, provider: provider === undefined ? 'none' : 'stripe' }),
    billing,
    keyUses,
    tellThresholds: tellNow,
    keepHouse: () => new Housekeeping({ store, meter, billing, tellThresholds: tellNow, now, onError }),
  };
}

import type { Deleted, ListQuery, PaginatedResponse, PeriodQuery, UserId, WebhookId, WireQuery } from '@runctl/core';
import type { ApiKey, CreateApiKeyInput, CreatedApiKey } from './api-key.ts';
import type { AuditEntry } from './audit-entry.ts';
import type {
  BillingSummary,
  CheckoutSession,
  CreateCheckoutSessionInput,
  CreatePortalSessionInput,
  NotificationPreferences,
  PortalSession,
  SetSpendLimitInput,
  UpdatedNotificationPreferences,
} from './billing.ts';
import type {
  CreateInviteCodeInput,
  InviteCode,
  RedeemedInvite,
  RedeemInviteCodeInput,
  TenantMember,
  UpdateMemberRoleInput,
} from './member.ts';
import type { CreatedTenant, CreateTenantInput, Tenant, UpdateTenantInput, WhoAmI } from './tenant.ts';
import type { CostHistory, TenantUsage, TokenUsageHistory, UsageHistory } from './usage.ts';
import type { CreateWebhookInput, UpdateWebhookInput, Webhook, WebhookDelivery, WebhookWithSecret } from './webhook.ts';

/** Every route of tenants: what it takes and what it answers, as JSON. `current` is the key's own tenant. */
export interface TenantRoutes {
  /** Whose key this is. */
  'GET /whoami': { result: WhoAmI };
  /** Creates a tenant; the operator's key only. */
  'POST /tenants': { body: CreateTenantInput; result: CreatedTenant };
  /** Lists tenants; the operator's key sees all, another its own. */
  'GET /tenants': { query?: ListQuery; result: PaginatedResponse<Tenant> };
  /** Reads a tenant. */
  'GET /tenants/:tenantId': { result: Tenant };
  /** Changes a tenant. */
  'PATCH /tenants/:tenantId': { body: UpdateTenantInput; result: Tenant };
  /** What a tenant uses now. */
  'GET /tenants/:tenantId/usage': { result: TenantUsage };
  /** What it used. */
  'GET /tenants/:tenantId/usage/history': { query?: WireQuery<PeriodQuery>; result: UsageHistory };
  /** Which tokens it used. */
  'GET /tenants/:tenantId/usage/tokens': { query?: WireQuery<PeriodQuery>; result: TokenUsageHistory };
  /** What it spent on models. */
  'GET /tenants/:tenantId/usage/costs': { query?: WireQuery<PeriodQuery>; result: CostHistory };
  /** What it spends in this billing period. */
  'GET /tenants/:tenantId/billing': { result: BillingSummary };
  /** Limits the spend. */
  'PUT /tenants/:tenantId/billing/spend-limit': { body: SetSpendLimitInput; result: BillingSummary };
  /** Opens the billing portal. */
  'POST /tenants/:tenantId/billing/portal-sessions': { body: CreatePortalSessionInput; result: PortalSession };
  /** Begins a checkout. */
  'POST /tenants/:tenantId/billing/checkout-sessions': { body: CreateCheckoutSessionInput; result: CheckoutSession };
  /** Lists the people. */
  'GET /tenants/:tenantId/members': { result: TenantMember[] };
  /** Changes what a person may do. */
  'PATCH /tenants/:tenantId/members/:userId': { body: UpdateMemberRoleInput; result: TenantMember };
  /** Removes a person. */
  'DELETE /tenants/:tenantId/members/:userId': { result: Deleted<UserId> };
  /** Makes an invite code. */
  'POST /tenants/:tenantId/invite-codes': { body: CreateInviteCodeInput; result: InviteCode };
  /** Lists invite codes, newest first. */
  'GET /tenants/:tenantId/invite-codes': { result: InviteCode[] };
  /** Revokes an invite code. */
  'DELETE /tenants/:tenantId/invite-codes/:inviteCode': { result: InviteCode };
  /** Joins a tenant; needs no key. */
  'POST /invite-codes/:inviteCode/redeem': { body: RedeemInviteCodeInput; result: RedeemedInvite };
  /** Who is told about the spend. */
  'GET /tenants/:tenantId/notification-preferences': { result: NotificationPreferences };
  /** Changes who is told. */
  'PATCH /tenants/:tenantId/notification-preferences': {
    body: Partial<NotificationPreferences>;
    result: UpdatedNotificationPreferences;
  };
  /** Who changed what, newest first. */
  'GET /tenants/:tenantId/audit-log': { query?: ListQuery; result: PaginatedResponse<AuditEntry> };
  /** Lists API keys, newest first. */
  'GET /tenants/:tenantId/api-keys': { query?: ListQuery; result: PaginatedResponse<ApiKey> };
  /** Makes an API key. */
  'POST /tenants/:tenantId/api-keys': { body: CreateApiKeyInput; result: CreatedApiKey };
  /** Revokes an API key. */
  'DELETE /tenants/:tenantId/api-keys/:keyId': { result: ApiKey };
  /** Lists webhooks, newest first. */
  'GET /tenants/:tenantId/webhooks': { query?: ListQuery; result: PaginatedResponse<Webhook> };
  /** Makes a webhook. */
  'POST /tenants/:tenantId/webhooks': { body: CreateWebhookInput; result: WebhookWithSecret };
  /** Changes a webhook. */
  'PATCH /tenants/:tenantId/webhooks/:webhookId': { body: UpdateWebhookInput; result: Webhook };
  /** Deletes a webhook. */
  'DELETE /tenants/:tenantId/webhooks/:webhookId': { result: Deleted<WebhookId> };
  /** Gives a webhook a new secret. */
  'POST /tenants/:tenantId/webhooks/:webhookId/rotate-secret': { result: WebhookWithSecret };
  /** Lists a webhook's deliveries, newest first. */
  'GET /tenants/:tenantId/webhooks/:webhookId/deliveries': {
    query?: ListQuery;
    result: PaginatedResponse<WebhookDelivery>;
  };
  /** Sends a delivery once more. */
  'POST /tenants/:tenantId/webhooks/:webhookId/deliveries/:deliveryId/redeliver': { result: WebhookDelivery };
}

import {
  type Deleted,
  type ListQuery,
  type PaginatedResponse,
  type Paginator,
  type PeriodQuery,
  paginate,
  type RequestOptions,
  type Resource,
  type RouteTransport,
  type Transport,
  type UserId,
  wireQuery,
} from '@runctl/core';
import type { AuditEntry } from './contract/audit-entry.ts';
import type {
  BillingSummary,
  CheckoutSession,
  CreateCheckoutSessionInput,
  CreatePortalSessionInput,
  NotificationPreferences,
  PortalSession,
  SetSpendLimitInput,
  UpdatedNotificationPreferences,
} from './contract/billing.ts';
import type {
  CreateInviteCodeInput,
  InviteCode,
  RedeemedInvite,
  RedeemInviteCodeInput,
  TenantMember,
  UpdateMemberRoleInput,
} from './contract/member.ts';
import type { CreatedTenant, CreateTenantInput, Tenant, UpdateTenantInput, WhoAmI } from './contract/tenant.ts';
import type { TenantRoutes } from './contract/tenant-routes.ts';
import type { CostHistory, TenantUsage, TokenUsageHistory, UsageHistory } from './contract/usage.ts';
import { TenantApiKeys } from './tenant-api-keys.ts';
import { TenantWebhooks } from './tenant-webhooks.ts';

/**
 * Tenants: who uses the runtime, what they use, what it costs, who may do what. `client.tenants`. The id `current`
 * stands for the key's own tenant.
 *
 * @example
 * ```ts
 * const usage = await client.tenants.getUsage('current');
 * console.log(usage.runningTasks, usage.costThisPeriodUsd);
 * ```
 */
export class Tenants {
  readonly #transport: RouteTransport<TenantRoutes>;

  /** The keys of a tenant: `/tenants/:tenantId/api-keys`. */
  readonly apiKeys: TenantApiKeys;

  /** The webhooks of a tenant: `/tenants/:tenantId/webhooks`. */
  readonly webhooks: TenantWebhooks;

  /** For a client; `createClient({ apiKey, resources: { tenants } })` calls it. */
  constructor(transport: Transport) {
    this.#transport = transport;
    this.apiKeys = new TenantApiKeys(transport);
    this.webhooks = new TenantWebhooks(transport);
  }

  /** `GET /whoami`: whose key this is, and what it may do. */
  whoami(options?: RequestOptions): Promise<WhoAmI> {
    return this.#transport.request({ route: 'GET /whoami' }, options);
  }

  /**
   * `POST /tenants`: creates a tenant with its owner and the owner's key, which is shown this once.
   *
   * @throws {RunctlAuthorizationError} 403 - this is not the operator's key
   */
  create(input: CreateTenantInput, options?: RequestOptions): Promise<CreatedTenant> {
    return this.#transport.request({ route: 'POST /tenants', body: input }, options);
  }

  /**
   * `GET /tenants/:tenantId`: reads a tenant.
   *
   * @throws {RunctlNotFoundError} 404 - no such tenant, or not the key's own
   */
  getById(tenantId: string, options?: RequestOptions): Promise<Tenant> {
    return this.#transport.request({ route: 'GET /tenants/:tenantId', params: { tenantId } }, options);
  }

  /** `GET /tenants`: one page of tenants. The operator's key sees all, another its own. */
  list(query: ListQuery = {}, options?: RequestOptions): Promise<PaginatedResponse<Tenant>> {
    return this.#transport.request({ route: 'GET /tenants', query, answer: 'page' }, options);
  }

  /** `GET /tenants`: every tenant that the key sees, each page asked for when the loop needs it. */
  iter(query: Pick<ListQuery, 'limit'> = {}, options?: RequestOptions): Paginator<Tenant> {
    return paginate((page) => this.list({ ...query, ...page }, options));
  }

  /** `GET /tenants`: the same as {@link Tenants.iter}. */
  listAll(query: Pick<ListQuery, 'limit'> = {}, options?: RequestOptions): Paginator<Tenant> {
    return this.iter(query, options);
  }

  /**
   * `PATCH /tenants/:tenantId`: changes a tenant. What is left out stays, also within `settings`.
   *
   * @throws {RunctlAuthorizationError} 403 - the key is not an admin's
   */
  update(tenantId: string, input: UpdateTenantInput, options?: RequestOptions): Promise<Tenant> {
    return this.#transport.request({ route: 'PATCH /tenants/:tenantId', params: { tenantId }, body: input }, options);
  }

  /** `GET /tenants/:tenantId/usage`: what a tenant uses now, beside its limits. */
  getUsage(tenantId: string, options?: RequestOptions): Promise<TenantUsage> {
    return this.#transport.request({ route: 'GET /tenants/:tenantId/usage', params: { tenantId } }, options);
  }

  /**
   * `GET /tenants/:tenantId/usage/history`: tasks, agents and compute, bucket by bucket.
   *
   * @example
   * ```ts
   * const { points } = await client.tenants.getUsageHistory('current', { period: '30d' });
   * ```
   */
  async getUsageHistory(tenantId: string, query: PeriodQuery = {}, options?: RequestOptions): Promise<UsageHistory> {
    const route = 'GET /tenants/:tenantId/usage/history';
    return this.#transport.request({ route, params: { tenantId }, query: wireQuery(query) }, options);
  }

  /** `GET /tenants/:tenantId/usage/tokens`: tokens and their cost, bucket by bucket, by model and by agent. */
  async getTokenUsageHistory(
    tenantId: string,
    query: PeriodQuery = {},
    options?: RequestOptions,
  ): Promise<TokenUsageHistory> {
    const route = 'GET /tenants/:tenantId/usage/tokens';
    return this.#transport.request({ route, params: { tenantId }, query: wireQuery(query) }, options);
  }

  /** `GET /tenants/:tenantId/usage/costs`: US dollars, bucket by bucket and by agent. Simulated calls are left out. */
  async getCostHistory(tenantId: string, query: PeriodQuery = {}, options?: RequestOptions): Promise<CostHistory> {
    const route = 'GET /tenants/:tenantId/usage/costs';
    return this.#transport.request({ route, params: { tenantId }, query: wireQuery(query) }, options);
  }

  /** `GET /tenants/:tenantId/billing`: plan, spend and limit of this billing period. */
  getBillingSummary(tenantId: string, options?: RequestOptions): Promise<BillingSummary> {
    return this.#transport.request({ route: 'GET /tenants/:tenantId/billing', params: { tenantId } }, options);
  }

  /**
   * `PUT /tenants/:tenantId/billing/spend-limit`: limits the spend of a billing period; null removes the limit.
   *
   * @throws {RunctlAuthorizationError} 403 - the key may not change the billing
   */
  setSpendLimit(tenantId: string, input: SetSpendLimitInput, options?: RequestOptions): Promise<BillingSummary> {
    const route = 'PUT /tenants/:tenantId/billing/spend-limit';
    return this.#transport.request({ route, params: { tenantId }, body: input }, options);
  }

  /**
   * `POST /tenants/:tenantId/billing/portal-sessions`: opens the provider's billing portal for a person.
   *
   * @throws {RunctlServerError} 501 `billing.not_configured` - this runtime has no billing provider
   */
  createPortalSession(
    tenantId: string,
    input: CreatePortalSessionInput,
    options?: RequestOptions,
  ): Promise<PortalSession> {
    const route = 'POST /tenants/:tenantId/billing/portal-sessions';
    return this.#transport.request({ route, params: { tenantId }, body: input }, options);
  }

  /**
   * `POST /tenants/:tenantId/billing/checkout-sessions`: begins the provider's checkout for a person.
   *
   * @throws {RunctlServerError} 501 `billing.not_configured` - this runtime has no billing provider
   */
  createCheckoutSession(
    tenantId: string,
    input: CreateCheckoutSessionInput,
    options?: RequestOptions,
  ): Promise<CheckoutSession> {
    const route = 'POST /tenants/:tenantId/billing/checkout-sessions';
    return this.#transport.request({ route, params: { tenantId }, body: input }, options);
  }

  /** `GET /tenants/:tenantId/members`: every person in a tenant. */
  listMembers(tenantId: string, options?: RequestOptions): Promise<TenantMember[]> {
    return this.#transport.request(
      { route: 'GET /tenants/:tenantId/members', params: { tenantId }, answer: 'list' },
      options,
    );
  }

  /**
   * `PATCH /tenants/:tenantId/members/:userId`: changes what a person may do.
   *
   * @throws {RunctlAuthorizationError} 403 - nobody raises himself, or anyone above himself
   * @throws {RunctlConflictError} 409 - it is the last owner
   */
  updateMemberRole(
    tenantId: string,
    userId: string,
    input: UpdateMemberRoleInput,
    options?: RequestOptions,
  ): Promise<TenantMember> {
    const route = 'PATCH /tenants/:tenantId/members/:userId';
    return this.#transport.request({ route, params: { tenantId, userId }, body: input }, options);
  }

  /**
   * `DELETE /tenants/:tenantId/members/:userId`: removes a person from a tenant and revokes the person's keys.
   *
   * @throws {RunctlConflictError} 409 - it is the last owner
   */
  removeMember(tenantId: string, userId: string, options?: RequestOptions): Promise<Deleted<UserId>> {
    const route = 'DELETE /tenants/:tenantId/members/:userId';
    return this.#transport.request({ route, params: { tenantId, userId } }, options);
  }

  /**
   * `POST /tenants/:tenantId/invite-codes`: makes a code that lets people join.
   *
   * @throws {RunctlAuthorizationError} 403 - the role is above the maker's
   */
  createInviteCode(tenantId: string, input: CreateInviteCodeInput, options?: RequestOptions): Promise<InviteCode> {
    const route = 'POST /tenants/:tenantId/invite-codes';
    return this.#transport.request({ route, params: { tenantId }, body: input }, options);
  }

  /** `GET /tenants/:tenantId/invite-codes`: every invite code, newest first, those of no use included. */
  listInviteCodes(tenantId: string, options?: RequestOptions): Promise<InviteCode[]> {
    return this.#transport.request(
      { route: 'GET /tenants/:tenantId/invite-codes', params: { tenantId }, answer: 'list' },
      options,
    );
  }

  /**
   * `DELETE /tenants/:tenantId/invite-codes/:inviteCode`: makes a code useless. Who has joined by it stays.
   *
   * @throws {RunctlNotFoundError} 404 - no such code in this tenant
   */
  revokeInviteCode(tenantId: string, inviteCode: string, options?: RequestOptions): Promise<InviteCode> {
    const route = 'DELETE /tenants/:tenantId/invite-codes/:inviteCode';
    return this.#transport.request({ route, params: { tenantId, inviteCode } }, options);
  }

  /**
   * `POST /invite-codes/:inviteCode/redeem`: joins a tenant: makes the member and the member's key, which is shown this
   * once. The server asks for no key here, and limits the rate.
   *
   * @throws {RunctlNotFoundError} 404 - no such code, or it has expired, is used up or revoked: the answer is the same
   * @throws {RunctlRateLimitError} 429 - too many tries
   */
  redeemInviteCode(
    inviteCode: string,
    input: RedeemInviteCodeInput,
    options?: RequestOptions,
  ): Promise<RedeemedInvite> {
    const route = 'POST /invite-codes/:inviteCode/redeem';
    return this.#transport.request({ route, params: { inviteCode }, body: input }, options);
  }

  /** `GET /tenants/:tenantId/notification-preferences`: who is told about the spend, and when. */
  getNotificationPreferences(tenantId: string, options?: RequestOptions): Promise<NotificationPreferences> {
    const route = 'GET /tenants/:tenantId/notification-preferences';
    return this.#transport.request({ route, params: { tenantId } }, options);
  }

  /**
   * `PATCH /tenants/:tenantId/notification-preferences`: changes who is told. What is left out stays. A new `webhookUrl`
   * comes with the secret that signs what it receives: `webhookSecret`, shown this once.
   */
  updateNotificationPreferences(
    tenantId: string,
    input: Partial<NotificationPreferences>,
    options?: RequestOptions,
  ): Promise<UpdatedNotificationPreferences> {
    const route = 'PATCH /tenants/:tenantId/notification-preferences';
    return this.#transport.request({ route, params: { tenantId }, body: input }, options);
  }

  /** `GET /tenants/:tenantId/audit-log`: one page of who changed what, newest first. */
  listAuditLog(
    tenantId: string,
    query: ListQuery = {},
    options?: RequestOptions,
  ): Promise<PaginatedResponse<AuditEntry>> {
    return this.#transport.request(
      { route: 'GET /tenants/:tenantId/audit-log', params: { tenantId }, query, answer: 'page' },
      options,
    );
  }

  /** `GET /tenants/:tenantId/audit-log`: all of who changed what, newest first. */
  iterAuditLog(tenantId: string, options?: RequestOptions): Paginator<AuditEntry> {
    return paginate((page) => this.listAuditLog(tenantId, page, options));
  }
}

/** The resource for `createClient({ apiKey, resources: { tenants } })`. */
export const tenants: Resource<Tenants> = (transport) => new Tenants(transport);

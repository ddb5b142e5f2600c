import type { TenantRoutes, WhoAmI } from '@runctl/tenants';
import type { Services } from '../../services/services.ts';
import type { RouteHandlers } from '../route.ts';
import { listQuery } from '../schemas/list-query.ts';
import { periodQuery } from '../schemas/statistics.ts';
import {
  createApiKeyInput,
  createCheckoutSessionInput,
  createInviteCodeInput,
  createPortalSessionInput,
  createTenantInput,
  redeemInviteCodeInput,
  setSpendLimitInput,
  updateMemberRoleInput,
  updateTenantInput,
} from '../schemas/tenants.ts';
import { noticeRoutes } from './notices.ts';

/** Accounts: tenants, their people, keys, usage and spend. */
export function tenantRoutes(services: Services): RouteHandlers<TenantRoutes> {
  const { tenants, usage, auditLog } = services;
  return {
    ...peopleRoutes(services),
    ...keyRoutes(services),
    ...historyRoutes(services),
    ...billingRoutes(services),
    ...noticeRoutes(services),
    'GET /whoami': {
      kind: 'read',
      scope: 'read',
      handle: async (_scope, { principal }) => ({
        tenantId: principal.tenantId as WhoAmI['tenantId'],
        userId: principal.userId as WhoAmI['userId'],
        apiKeyId: principal.apiKeyId as WhoAmI['apiKeyId'],
        role: principal.role as WhoAmI['role'],
        scopes: [...principal.scopes],
      }),
    },
    'POST /tenants': {
      kind: 'write',
      scope: 'operator',
      status: 201,
      secret: true,
      body: createTenantInput,
      handle: (scope, { body }) => tenants.create(scope, body),
      audit: ({ id }) => ({ tenantId: id, target: id }),
    },
    'GET /tenants': {
      kind: 'read',
      scope: 'read',
      operator: true,
      query: listQuery,
      handle: (scope, { principal, query }) => tenants.list(scope, principal, query),
    },
    'GET /tenants/:tenantId': {
      kind: 'read',
      scope: 'read',
      operator: true,
      handle: (scope) => tenants.get(scope),
    },
    'PATCH /tenants/:tenantId': {
      kind: 'write',
      scope: 'admin',
      operator: true,
      body: updateTenantInput,
      handle: (scope, { body }) => tenants.update(scope, body),
    },
    'GET /tenants/:tenantId/usage': {
      kind: 'read',
      scope: 'read',
      operator: true,
      handle: (scope) => usage.current(scope),
    },
    'GET /tenants/:tenantId/audit-log': {
      kind: 'read',
      scope: 'admin',
      operator: true,
      query: listQuery,
      handle: (scope, { query }) => auditLog.list(scope, query),
    },
  };
}

function peopleRoutes({ members, invites }: Services) {
  return {
    'GET /tenants/:tenantId/members': {
      kind: 'read',
      scope: 'admin',
      operator: true,
      handle: (scope) => members.list(scope),
    },
    'PATCH /tenants/:tenantId/members/:userId': {
      kind: 'write',
      scope: 'admin',
      operator: true,
      body: updateMemberRoleInput,
      handle: (scope, { principal, params, body }) => members.updateRole(scope, principal, params.userId, body),
    },
    'DELETE /tenants/:tenantId/members/:userId': {
      kind: 'write',
      scope: 'admin',
      operator: true,
      handle: (scope, { principal, params }) => members.remove(scope, principal, params.userId),
    },
    'POST /tenants/:tenantId/invite-codes': {
      kind: 'write',
      scope: 'admin',
      operator: true,
      status: 201,
      secret: true,
      body: createInviteCodeInput,
      handle: (scope, { principal, body }) => invites.create(scope, principal, body),
    },
    'GET /tenants/:tenantId/invite-codes': {
      kind: 'read',
      scope: 'admin',
      operator: true,
      handle: (scope) => invites.list(scope),
    },
    'DELETE /tenants/:tenantId/invite-codes/:inviteCode': {
      kind: 'write',
      scope: 'admin',
      operator: true,
      handle: (scope, { params }) => invites.revoke(scope, params.inviteCode),
    },
    'POST /invite-codes/:inviteCode/redeem': {
      kind: 'write',
      scope: 'anyone',
      status: 201,
      secret: true,
      body: redeemInviteCodeInput,
      handle: (scope, { params, body }) => invites.redeem(scope, params.inviteCode, body),
    },
  } satisfies Partial<RouteHandlers<TenantRoutes>>;
}

function keyRoutes({ apiKeys }: Services) {
  return {
    'GET /tenants/:tenantId/api-keys': {
      kind: 'read',
      scope: 'admin',
      operator: true,
      query: listQuery,
      handle: (scope, { query }) => apiKeys.list(scope, query),
    },
    'POST /tenants/:tenantId/api-keys': {
      kind: 'write',
      scope: 'admin',
      operator: true,
      status: 201,
      secret: true,
      body: createApiKeyInput,
      handle: (scope, { principal, body }) => apiKeys.create(scope, principal, body),
    },
    'DELETE /tenants/:tenantId/api-keys/:keyId': {
      kind: 'write',
      scope: 'admin',
      operator: true,
      handle: (scope, { principal, params }) => apiKeys.revoke(scope, principal, params.keyId),
    },
  } satisfies Partial<RouteHandlers<TenantRoutes>>;
}

function billingRoutes({ spend, billing }: Services) {
  return {
    'GET /tenants/:tenantId/billing': {
      kind: 'read',
      scope: 'read',
      operator: true,
      handle: (scope) => spend.summary(scope),
    },
    'PUT /tenants/:tenantId/billing/spend-limit': {
      kind: 'write',
      scope: 'billing',
      operator: true,
      body: setSpendLimitInput,
      handle: (scope, { body }) => spend.setLimit(scope, body),
    },
    'POST /tenants/:tenantId/billing/portal-sessions': {
      kind: 'call',
      scope: 'billing',
      operator: true,
      body: createPortalSessionInput,
      handle: (scope, { body }) => billing.openPortal(scope, body),
    },
    'POST /tenants/:tenantId/billing/checkout-sessions': {
      kind: 'call',
      scope: 'billing',
      operator: true,
      body: createCheckoutSessionInput,
      handle: (scope, { body }) => billing.openCheckout(scope, body),
    },
  } satisfies Partial<RouteHandlers<TenantRoutes>>;
}

function historyRoutes({ histories }: Services) {
  return {
    'GET /tenants/:tenantId/usage/history': {
      kind: 'read',
      scope: 'read',
      operator: true,
      query: periodQuery,
      handle: (scope, { query }) => histories.tasks(scope, query),
    },
    'GET /tenants/:tenantId/usage/tokens': {
      kind: 'read',
      scope: 'read',
      operator: true,
      query: periodQuery,
      handle: (scope, { query }) => histories.tokens(scope, query),
    },
    'GET /tenants/:tenantId/usage/costs': {
      kind: 'read',
      scope: 'read',
      operator: true,
      query: periodQuery,
      handle: (scope, { query }) => histories.costs(scope, query),
    },
  } satisfies Partial<RouteHandlers<TenantRoutes>>;
}

import type { TenantRoutes } from '@runctl/tenants';
import type { Services } from '../../services/services.ts';
import type { RouteHandlers } from '../route.ts';
import { listQuery } from '../schemas/list-query.ts';
import { createWebhookInput, updateNotificationPreferencesInput, updateWebhookInput } from '../schemas/tenants.ts';

/** What a tenant is told, by webhook and mail. */
export function noticeRoutes({ notifications, webhooks }: Pick<Services, 'notifications' | 'webhooks'>) {
  return {
    'GET /tenants/:tenantId/notification-preferences': {
      kind: 'read',
      scope: 'read',
      operator: true,
      handle: (scope) => notifications.get(scope),
    },
    'PATCH /tenants/:tenantId/notification-preferences': {
      kind: 'write',
      scope: 'admin',
      operator: true,
      secret: true,
      body: updateNotificationPreferencesInput,
      handle: (scope, { body }) => notifications.update(scope, body),
    },
    'GET /tenants/:tenantId/webhooks': {
      kind: 'read',
      scope: 'admin',
      operator: true,
      query: listQuery,
      handle: (scope, { query }) => webhooks.list(scope, query),
    },
    'POST /tenants/:tenantId/webhooks': {
      kind: 'write',
      scope: 'admin',
      operator: true,
      status: 201,
      secret: true,
      body: createWebhookInput,
      handle: (scope, { body }) => webhooks.create(scope, body),
    },
    'PATCH /tenants/:tenantId/webhooks/:webhookId': {
      kind: 'write',
      scope: 'admin',
      operator: true,
      body: updateWebhookInput,
      handle: (scope, { params, body }) => webhooks.update(scope, params.webhookId, body),
    },
    'DELETE /tenants/:tenantId/webhooks/:webhookId': {
      kind: 'write',
      scope: 'admin',
      operator: true,
      handle: (scope, { params }) => webhooks.delete(scope, params.webhookId),
    },
    'POST /tenants/:tenantId/webhooks/:webhookId/rotate-secret': {
      kind: 'write',
      scope: 'admin',
      operator: true,
      secret: true,
      handle: (scope, { params }) => webhooks.rotateSecret(scope, params.webhookId),
    },
    'GET /tenants/:tenantId/webhooks/:webhookId/deliveries': {
      kind: 'read',
      scope: 'admin',
      operator: true,
      query: listQuery,
      handle: (scope, { params, query }) => webhooks.listDeliveries(scope, params.webhookId, query),
    },
    'POST /tenants/:tenantId/webhooks/:webhookId/deliveries/:deliveryId/redeliver': {
      kind: 'write',
      scope: 'admin',
      operator: true,
      handle: (scope, { params }) => webhooks.redeliver(scope, params.webhookId, params.deliveryId),
    },
  } satisfies Partial<RouteHandlers<TenantRoutes>>;
}

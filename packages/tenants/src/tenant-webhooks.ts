import {
  type Deleted,
  type ListQuery,
  type PaginatedResponse,
  type Paginator,
  paginate,
  type RequestOptions,
  type RouteTransport,
  type Transport,
  type WebhookId,
} from '@runctl/core';
import type { TenantRoutes } from './contract/tenant-routes.ts';
import type {
  CreateWebhookInput,
  UpdateWebhookInput,
  Webhook,
  WebhookDelivery,
  WebhookWithSecret,
} from './contract/webhook.ts';

/**
 * The webhooks of a tenant: `client.tenants.webhooks`. Deliveries are signed as https://www.standardwebhooks.com says;
 * `@runctl/core/webhooks` verifies them.
 */
export class TenantWebhooks {
  readonly #transport: RouteTransport<TenantRoutes>;

  /** For `Tenants`; you reach it as `client.tenants.webhooks`. */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** `GET /tenants/:tenantId/webhooks`: one page of webhooks, newest first. */
  list(tenantId: string, query: ListQuery = {}, options?: RequestOptions): Promise<PaginatedResponse<Webhook>> {
    return this.#transport.request(
      { route: 'GET /tenants/:tenantId/webhooks', params: { tenantId }, query, answer: 'page' },
      options,
    );
  }

  /** `GET /tenants/:tenantId/webhooks`: every webhook, newest first. */
  iter(tenantId: string, options?: RequestOptions): Paginator<Webhook> {
    return paginate((page) => this.list(tenantId, page, options));
  }

  /**
   * `POST /tenants/:tenantId/webhooks`: makes a webhook. Its `secret` is shown this once.
   *
   * @throws {RunctlValidationError} 400 - the runtime may not reach the URL; `hint` names the setting
   */
  create(tenantId: string, input: CreateWebhookInput, options?: RequestOptions): Promise<WebhookWithSecret> {
    const route = 'POST /tenants/:tenantId/webhooks';
    return this.#transport.request({ route, params: { tenantId }, body: input }, options);
  }

  /** `PATCH /tenants/:tenantId/webhooks/:webhookId`: changes a webhook. What is left out stays. */
  update(tenantId: string, webhookId: string, input: UpdateWebhookInput, options?: RequestOptions): Promise<Webhook> {
    const route = 'PATCH /tenants/:tenantId/webhooks/:webhookId';
    return this.#transport.request({ route, params: { tenantId, webhookId }, body: input }, options);
  }

  /** `DELETE /tenants/:tenantId/webhooks/:webhookId`: deletes a webhook. What is pending is not sent. */
  delete(tenantId: string, webhookId: string, options?: RequestOptions): Promise<Deleted<WebhookId>> {
    const route = 'DELETE /tenants/:tenantId/webhooks/:webhookId';
    return this.#transport.request({ route, params: { tenantId, webhookId } }, options);
  }

  /**
   * `POST /tenants/:tenantId/webhooks/:webhookId/rotate-secret`: gives a webhook a new secret, shown this once.
   * For a day deliveries are signed with both.
   */
  rotateSecret(tenantId: string, webhookId: string, options?: RequestOptions): Promise<WebhookWithSecret> {
    const route = 'POST /tenants/:tenantId/webhooks/:webhookId/rotate-secret';
    return this.#transport.request({ route, params: { tenantId, webhookId } }, options);
  }

  /** `GET /tenants/:tenantId/webhooks/:webhookId/deliveries`: one page of deliveries, newest first. */
  listDeliveries(
    tenantId: string,
    webhookId: string,
    query: ListQuery = {},
    options?: RequestOptions,
  ): Promise<PaginatedResponse<WebhookDelivery>> {
    const route = 'GET /tenants/:tenantId/webhooks/:webhookId/deliveries';
    return this.#transport.request({ route, params: { tenantId, webhookId }, query, answer: 'page' }, options);
  }

  /** `GET /tenants/:tenantId/webhooks/:webhookId/deliveries`: every delivery, newest first. */
  iterDeliveries(tenantId: string, webhookId: string, options?: RequestOptions): Paginator<WebhookDelivery> {
    return paginate((page) => this.listDeliveries(tenantId, webhookId, page, options));
  }

  /**
   * `POST /tenants/:tenantId/webhooks/:webhookId/deliveries/:deliveryId/redeliver`: sends a delivery once more, under
   * its old id, so that a receiver that has seen it can tell.
   *
   * @throws {RunctlConflictError} 409 - the webhook is disabled
   */
  redeliver(
    tenantId: string,
    webhookId: string,
    deliveryId: string,
    options?: RequestOptions,
  ): Promise<WebhookDelivery> {
    const route = 'POST /tenants/:tenantId/webhooks/:webhookId/deliveries/:deliveryId/redeliver';
    return this.#transport.request({ route, params: { tenantId, webhookId, deliveryId } }, options);
  }
}

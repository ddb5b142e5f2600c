import {
  type ListQuery,
  type PaginatedResponse,
  type Paginator,
  paginate,
  type RequestOptions,
  type RouteTransport,
  type Transport,
} from '@runctl/core';
import type { ApiKey, CreateApiKeyInput, CreatedApiKey } from './contract/api-key.ts';
import type { TenantRoutes } from './contract/tenant-routes.ts';

/** The API keys of a tenant: `client.tenants.apiKeys`. */
export class TenantApiKeys {
  readonly #transport: RouteTransport<TenantRoutes>;

  /** For `Tenants`; you reach it as `client.tenants.apiKeys`. */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** `GET /tenants/:tenantId/api-keys`: one page of keys, newest first, revoked ones included. */
  list(tenantId: string, query: ListQuery = {}, options?: RequestOptions): Promise<PaginatedResponse<ApiKey>> {
    return this.#transport.request(
      { route: 'GET /tenants/:tenantId/api-keys', params: { tenantId }, query, answer: 'page' },
      options,
    );
  }

  /** `GET /tenants/:tenantId/api-keys`: every key, newest first, revoked ones included. */
  iter(tenantId: string, options?: RequestOptions): Paginator<ApiKey> {
    return paginate((page) => this.list(tenantId, page, options));
  }

  /**
   * `POST /tenants/:tenantId/api-keys`: makes a key. Its `key` is shown this once.
   *
   * @throws {RunctlAuthorizationError} 403 - the role is above the maker's
   */
  create(tenantId: string, input: CreateApiKeyInput, options?: RequestOptions): Promise<CreatedApiKey> {
    const route = 'POST /tenants/:tenantId/api-keys';
    return this.#transport.request({ route, params: { tenantId }, body: input }, options);
  }

  /**
   * `DELETE /tenants/:tenantId/api-keys/:keyId`: revokes a key, at once and for ever.
   *
   * @throws {RunctlNotFoundError} 404 - no such key in this tenant
   */
  revoke(tenantId: string, keyId: string, options?: RequestOptions): Promise<ApiKey> {
    const route = 'DELETE /tenants/:tenantId/api-keys/:keyId';
    return this.#transport.request({ route, params: { tenantId, keyId } }, options);
  }
}

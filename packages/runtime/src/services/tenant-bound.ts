import type { Query } from '../store/store.ts';
import { boundTo } from './tenant-guard.ts';

/** What a view of one tenant's rows is built on. */
export abstract class TenantBound {
  readonly tenantId: string;
  /** For prepared statements, which name the tenant themselves. */
  protected readonly unguarded: Query;
  #guarded: Query | undefined;

  constructor(tenantId: string, query: Query) {
    this.tenantId = tenantId;
    this.unguarded = query;
  }

  /** Guarded: what starts here is bound to the tenant. Made when it is asked for, since prepared statements need none. */
  protected get query(): Query {
    this.#guarded ??= boundTo(this.tenantId, this.unguarded);
    return this.#guarded;
  }
}

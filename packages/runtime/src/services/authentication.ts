import { timingSafeEqual } from 'node:crypto';
import type { ApiKeyRow } from '../store/schema.ts';
import type { Query } from '../store/store.ts';
import { type ApiScope, scopesOfRole } from './api-scope.ts';
import { hashKey } from './keys.ts';
import { parseStored } from './wire/stored-json.ts';

/** Who a request comes from. */
export interface Principal {
  tenantId: string;
  apiKeyId: string;
  role: string;
  scopes: readonly ApiScope[];
}

interface KnownKey {
  hash: Buffer;
  /** Null: there is no such key. */
  principal: Principal | null;
  readAt: number;
}

/** A key that is revoked is refused within this time, in milliseconds. */
const freshForMs = 1_000;
/** Keys kept; a flood of wrong ones must not fill the memory. */
const capacity = 10_000;

/** Knows keys by their hashes. Right and wrong keys take the same way, so the time tells nothing. */
export class Authentication {
  readonly #query: Query;
  readonly #now: () => number;
  readonly #known = new Map<string, KnownKey>();

  constructor(query: Query, now: () => number) {
    this.#query = query;
    this.#now = now;
  }

  /** Null where the key is unknown, revoked or expired. */
  async principalOf(key: string): Promise<Principal | null> {
    const hash = hashKey(key);
    const now = this.#now();
    let known = this.#known.get(hash);
    if (known === undefined || Math.abs(now - known.readAt) >= freshForMs) {
      known = { hash: Buffer.from(hash, 'hex'), principal: await this.#read(hash, now), readAt: now };
      if (this.#known.size >= capacity) this.#known.clear();
      this.#known.set(hash, known);
    }
    return timingSafeEqual(known.hash, Buffer.from(hash, 'hex')) ? known.principal : null;
  }

  /** Whose a key is, by its id; null where it is unknown, revoked or expired. By the primary key. */
  async principalOfKeyId(apiKeyId: string): Promise<Principal | null> {
    const row = await this.#keys().where('api_keys.id', '=', apiKeyId).executeTakeFirst();
    return row === undefined ? null : toPrincipal(row, this.#now());
  }

  /** Those of some keys that are still good, by their ids. By the primary key. */
  async goodKeyIds(apiKeyIds: readonly string[]): Promise<Set<string>> {
    const rows = await this.#keys().where('api_keys.id', 'in', apiKeyIds).execute();
    const good = rows.flatMap((row) => toPrincipal(row, this.#now()) ?? []);
    return new Set(good.filter(({ scopes }) => scopes.includes('read')).map(({ apiKeyId }) => apiKeyId));
  }

  /** By the unique index api_keys_by_hash. */
  async #read(hash: string, now: number): Promise<Principal | null> {
    const row = await this.#keys().where('api_keys.hash', '=', hash).executeTakeFirst();
    return row === undefined ? null : toPrincipal(row, now);
  }

  #keys() {
    return this.#query
      .selectFrom('api_keys')
      .innerJoin('tenants', 'tenants.id', 'api_keys.tenant_id')
      .select(['api_keys.id', 'api_keys.tenant_id', 'api_keys.role', 'api_keys.scopes'])
      .select(['api_keys.expires_at', 'api_keys.revoked_at', 'tenants.status']);
  }
}

type KeyRow = Pick<ApiKeyRow, 'id' | 'tenant_id' | 'role' | 'scopes' | 'expires_at' | 'revoked_at'> & {
  status: string;
};

function toPrincipal(row: KeyRow, now: number): Principal | null {
  if (row.status !== 'active' || row.revoked_at !== null) return null;
  if (row.expires_at !== null && row.expires_at <= now) return null;
  const allowed = scopesOfRole[row.role] ?? [];
  const scopes = parseStored<ApiScope[]>(row.scopes).filter((scope) => allowed.includes(scope));
  return { tenantId: row.tenant_id, apiKeyId: row.id, role: row.role, scopes };
}

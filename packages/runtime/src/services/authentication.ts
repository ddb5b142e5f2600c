import { timingSafeEqual } from 'node:crypto';
import type { TenantLimits, TenantRole } from '@runctl/tenants';
import type { ApiKeyRow } from '../store/schema.ts';
import type { Query } from '../store/store.ts';
import { hashApiKey } from './api-key-text.ts';
import { type ApiScope, ownerScopes, scopesOfRole } from './api-scope.ts';
import { lesserRole } from './roles.ts';
import { parseStored } from './wire/stored-json.ts';

/** Who a request comes from. */
export interface Principal {
  /** Of the operator's key and of nobody: no tenant's id. */
  tenantId: string;
  apiKeyId: string;
  /** The member whose key it is; null for a key of a machine. */
  userId: string | null;
  role: TenantRole | 'operator' | 'nobody';
  scopes: readonly ApiScope[];
  /** Null: no limit. */
  requestsPerMinute: number | null;
  /** Its tenant may read, and nothing else. */
  isSuspended: boolean;
}

/** Who has the operator's key. Tenants are made with it; what belongs to one is for the tenant's own keys. */
export const operator: Principal = {
  tenantId: 'operator',
  apiKeyId: 'operator',
  userId: null,
  role: 'operator',
  scopes: ownerScopes,
  requestsPerMinute: null,
  isSuspended: false,
};

/** Who needs no key: a person with an invite. */
export const nobody: Principal = { ...operator, tenantId: 'nobody', apiKeyId: 'nobody', role: 'nobody', scopes: [] };

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

/** What authentication needs. */
export interface AuthenticationParts {
  query: Query;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** See {@link hashApiKey}. Absent: nobody is the operator. */
  operatorKeyHash?: string;
  /** Told of each use of a tenant's key. */
  onUse?: (apiKeyId: string, usedAt: number) => void;
}

/** Knows keys by their hashes. Right and wrong keys take the same way, so the time tells nothing. */
export class Authentication {
  readonly #parts: AuthenticationParts;
  readonly #operator: Buffer | undefined;
  readonly #known = new Map<string, KnownKey>();

  constructor(parts: AuthenticationParts) {
    this.#parts = parts;
    this.#operator = parts.operatorKeyHash === undefined ? undefined : Buffer.from(parts.operatorKeyHash, 'hex');
  }

  /** Null where the key is unknown, revoked or expired. */
  async principalOf(key: string): Promise<Principal | null> {
    const hash = hashApiKey(key);
    const now = this.#parts.now();
    let known = this.#known.get(hash);
    if (known === undefined || Math.abs(now - known.readAt) >= freshForMs) {
      known = { hash: Buffer.from(hash, 'hex'), principal: await this.#read(hash, now), readAt: now };
      if (this.#known.size >= capacity) this.#known.clear();
      this.#known.set(hash, known);
    }
    const given = Buffer.from(hash, 'hex');
    const isOperator = this.#operator !== undefined && timingSafeEqual(this.#operator, given);
    if (!timingSafeEqual(known.hash, given)) return null;
    if (known.principal !== null) this.#parts.onUse?.(known.principal.apiKeyId, now);
    return isOperator ? operator : known.principal;
  }

  /** Whose a key is, by its id; null where it is unknown, revoked or expired. By the primary key. */
  async principalOfKeyId(apiKeyId: string): Promise<Principal | null> {
    const row = await this.#keys().where('api_keys.id', '=', apiKeyId).executeTakeFirst();
    return row === undefined ? null : toPrincipal(row, this.#parts.now());
  }

  /** Those of some keys that are still good, by their ids. By the primary key. */
  async goodKeyIds(apiKeyIds: readonly string[]): Promise<Set<string>> {
    const rows = await this.#keys().where('api_keys.id', 'in', apiKeyIds).execute();
    const good = rows.flatMap((row) => toPrincipal(row, this.#parts.now()) ?? []);
    return new Set(good.filter(({ scopes }) => scopes.includes('read')).map(({ apiKeyId }) => apiKeyId));
  }

  /** By the unique index api_keys_by_hash. */
  async #read(hash: string, now: number): Promise<Principal | null> {
    const row = await this.#keys().where('api_keys.hash', '=', hash).executeTakeFirst();
    return row === undefined ? null : toPrincipal(row, now);
  }

  #keys() {
    return this.#parts.query
      .selectFrom('api_keys')
      .innerJoin('tenants', 'tenants.id', 'api_keys.tenant_id')
      .leftJoin('members', (join) =>
        join.onRef('members.tenant_id', '=', 'api_keys.tenant_id').onRef('members.user_id', '=', 'api_keys.user_id'),
      )
      .select(['api_keys.id', 'api_keys.tenant_id', 'api_keys.user_id', 'api_keys.role', 'api_keys.scopes'])
      .select(['api_keys.expires_at', 'api_keys.revoked_at', 'tenants.status', 'tenants.limits'])
      .select('members.role as member_role');
  }
}

type KeyRow = Pick<ApiKeyRow, 'id' | 'tenant_id' | 'user_id' | 'role' | 'scopes' | 'expires_at' | 'revoked_at'> & {
  status: string;
  limits: string;
  member_role: string | null;
};

function toPrincipal(row: KeyRow, now: number): Principal | null {
  if (row.revoked_at !== null) return null;
  if (row.expires_at !== null && row.expires_at <= now) return null;
  // A member's key is worth what the member is now.
  if (row.user_id !== null && row.member_role === null) return null;
  const role = lesserRole(row.role as TenantRole, (row.member_role ?? row.role) as TenantRole);
  const allowed = scopesOfRole[role] ?? [];
  return {
    tenantId: row.tenant_id,
    apiKeyId: row.id,
    userId: row.user_id,
    role,
    scopes: parseStored<ApiScope[]>(row.scopes).filter((scope) => allowed.includes(scope)),
    requestsPerMinute: parseStored<TenantLimits>(row.limits).requestsPerMinute,
    isSuspended: row.status !== 'active',
  };
}

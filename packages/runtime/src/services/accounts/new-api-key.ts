import type { TenantRole } from '@runctl/tenants';
import type { ApiKeyRow } from '../../store/schema.ts';
import { generateApiKey } from '../api-key-text.ts';
import { type ApiScope, scopesOfRole } from '../api-scope.ts';
import { newId } from '../ids.ts';

/** What a new key is to be. */
export interface KeyWish {
  name: string;
  role: TenantRole;
  /** Default: all that the role may. */
  scopes?: readonly ApiScope[];
  /** The member whose key it is. Default: a machine's. */
  userId?: string;
  /** Default: it never ends. */
  expiresAt?: number;
}

/** A new key and its row; the key itself is in no row. */
export function newApiKey(wish: KeyWish, now: number): { key: string; row: Omit<ApiKeyRow, 'tenant_id'> } {
  const { key, prefix, hash } = generateApiKey();
  const row = {
    id: newId('key', now),
    user_id: wish.userId ?? null,
    name: wish.name,
    prefix,
    hash,
    role: wish.role,
    scopes: JSON.stringify(wish.scopes ?? scopesOfRole[wish.role] ?? []),
    created_at: now,
    expires_at: wish.expiresAt ?? null,
    last_used_at: null,
    revoked_at: null,
  };
  return { key, row };
}

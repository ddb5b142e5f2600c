import type { ApiKey } from '@runctl/tenants';
import type { ApiKeyRow } from '../../store/schema.ts';
import { parseStored } from './stored-json.ts';
import { toTimestamp, toTimestampOrNull } from './timestamp.ts';

/** A key as it travels: without the key. */
export function toApiKey(row: Omit<ApiKeyRow, 'tenant_id' | 'user_id' | 'hash'>): ApiKey {
  return {
    id: row.id as ApiKey['id'],
    name: row.name,
    prefix: row.prefix,
    role: row.role as ApiKey['role'],
    scopes: parseStored<ApiKey['scopes']>(row.scopes),
    createdAt: toTimestamp(row.created_at),
    expiresAt: toTimestampOrNull(row.expires_at),
    lastUsedAt: toTimestampOrNull(row.last_used_at),
    revokedAt: toTimestampOrNull(row.revoked_at),
  };
}

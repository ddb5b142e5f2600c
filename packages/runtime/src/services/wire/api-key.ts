import type { ApiKey } from '@runctl/tenants';
import type { ApiKeyRow } from '../../store/schema.ts';
import { formatTimestamp, formatTimestampOrNull } from './format-timestamp.ts';
import { parseStored } from './stored-json.ts';

/** A key as it travels: without the key. */
export function toApiKey(row: Omit<ApiKeyRow, 'tenant_id' | 'user_id' | 'hash'>): ApiKey {
  return {
    id: row.id as ApiKey['id'],
    name: row.name,
    prefix: row.prefix,
    role: row.role as ApiKey['role'],
    scopes: parseStored<ApiKey['scopes']>(row.scopes),
    createdAt: formatTimestamp(row.created_at),
    expiresAt: formatTimestampOrNull(row.expires_at),
    lastUsedAt: formatTimestampOrNull(row.last_used_at),
    revokedAt: formatTimestampOrNull(row.revoked_at),
  };
}

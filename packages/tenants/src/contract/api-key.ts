import type { ApiKeyId, Timestamp } from '@runctl/core';
import type { Scope, TenantRole } from './tenant.ts';

/** An API key, without the key. */
export interface ApiKey {
  /** Its id. */
  id: ApiKeyId;
  /** Shown to people. */
  name: string;
  /** The first characters, to know it by. The key itself is shown once and kept as a hash. */
  prefix: string;
  /** What it may do. */
  role: TenantRole;
  /** What it may reach. */
  scopes: Scope[];
  /** When it was created. */
  createdAt: Timestamp;
  /** Of no use after it; null: never ends. */
  expiresAt: Timestamp | null;
  /** When it was last used, to the minute; null: never. */
  lastUsedAt: Timestamp | null;
  /** When it was revoked; null: it was not. */
  revokedAt: Timestamp | null;
}

/** What makes an API key. */
export interface CreateApiKeyInput {
  /** Shown to people. 1 to 200 characters. */
  name: string;
  /** What it may do; at most what its maker may. Default `member`. */
  role?: TenantRole;
  /** What it may reach. Default: all that the role may. */
  scopes?: Scope[];
  /** Days, 1 or more. Default: it never ends. */
  expiresInDays?: number;
}

/** An API key that was just made. */
export interface CreatedApiKey extends ApiKey {
  /** The key itself. Shown this once. */
  key: string;
}

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Timestamp } from '@runctl/core';
import type { Authentication, Principal } from './authentication.ts';
import type { ServerSecrets } from './server-secrets.ts';
import type { TenantWriteScope } from './tenant-scope.ts';
import { formatTimestamp } from './wire/format-timestamp.ts';

/** How long a token opens its stream, milliseconds. A stream that is open by then stays open. */
const goodForMs = 10 * 60 * 1_000;
const secretName = 'stream-tokens';
const shape = /^rst_(key_[0-9a-z]{26})\.([0-9a-z]{1,12})\.([A-Za-z0-9_-]{43})$/;

/** What a token is made with. */
export interface StreamTokenParts {
  secrets: ServerSecrets;
  authentication: Pick<Authentication, 'principalOfKeyId'>;
  now: () => number;
}

/**
 * Tokens for who cannot send headers, such as a browser's EventSource: `rst_<key id>.<expiry>.<code>`. The code binds it
 * to one thing and one time; it may read, never more, and only as long as the key that asked for it may.
 */
export class StreamTokens {
  readonly #parts: StreamTokenParts;

  constructor(parts: StreamTokenParts) {
    this.#parts = parts;
  }

  /** A token for the stream of one thing. */
  async issue(
    scope: TenantWriteScope,
    apiKeyId: string,
    subjectId: string,
  ): Promise<{ token: string; expiresAt: Timestamp }> {
    const now = this.#parts.now();
    const fresh = () => randomBytes(32).toString('base64url');
    const secret = await this.#parts.secrets.take(scope, secretName, fresh, now);
    const expiresAt = now + goodForMs;
    const expiry = expiresAt.toString(36);
    const code = codeOf(secret, subjectId, apiKeyId, expiry).toString('base64url');
    return { token: `rst_${apiKeyId}.${expiry}.${code}`, expiresAt: formatTimestamp(expiresAt) };
  }

  /** Who may read this thing by a token; null where it is forged, too old, for something else, or its key is gone. */
  async principalOf(token: string, subjectId: string): Promise<Principal | null> {
    const [, apiKeyId, expiry, code] = shape.exec(token) ?? [];
    if (apiKeyId === undefined || expiry === undefined || code === undefined) return null;
    const secret = await this.#parts.secrets.find(secretName);
    if (secret === undefined) return null;
    const isOurs = timingSafeEqual(codeOf(secret, subjectId, apiKeyId, expiry), Buffer.from(code, 'base64url'));
    if (!isOurs || Number.parseInt(expiry, 36) <= this.#parts.now()) return null;
    const principal = await this.#parts.authentication.principalOfKeyId(apiKeyId);
    return principal?.scopes.includes('read') === true ? { ...principal, scopes: ['read'] } : null;
  }
}

/** 32 bytes. */
function codeOf(secret: string, ...parts: readonly string[]): Buffer {
  return createHmac('sha256', Buffer.from(secret, 'base64url'))
    .update(['stream', ...parts].join('\n'))
    .digest();
}

import { randomBytes } from 'node:crypto';
import type { Store } from '../store/store.ts';
import { ownerScopes } from './api-scope.ts';
import { newId } from './ids.ts';
import { generateKey } from './keys.ts';

/**
 * Makes a tenant and an owner's key where there is none yet.
 *
 * @returns the key, which cannot be shown again; null where a tenant exists
 */
export async function ensureFirstTenant(
  store: Store,
  now: number,
): Promise<{ tenantId: string; apiKey: string } | null> {
  return store.write(async ({ query }) => {
    const existing = await query.selectFrom('tenants').select('id').limit(1).executeTakeFirst();
    return existing === undefined ? createTenant(query, { name: 'default' }, now) : null;
  });
}

/** Makes a tenant and its first key. */
export async function createTenant(
  query: Store['query'],
  input: { name: string },
  now: number,
): Promise<{ tenantId: string; apiKey: string }> {
  const tenantId = newId('tnt', now);
  const { key, prefix, hash } = generateKey();
  await query
    .insertInto('tenants')
    .values({
      id: tenantId,
      name: input.name,
      status: 'active',
      plan: 'self-hosted',
      settings: JSON.stringify({ skillAllowlist: null, customToolUrlPrefixes: null, traceRetentionDays: 30 }),
      limits: JSON.stringify({
        agents: null,
        replicas: null,
        concurrentTasks: null,
        tasksPerDay: null,
        tokensPerMonth: null,
        requestsPerMinute: null,
      }),
      signing_secret: `whsec_${randomBytes(32).toString('base64')}`,
      created_at: now,
      updated_at: now,
    })
    .execute();
  await query
    .insertInto('api_keys')
    .values({
      id: newId('key', now),
      tenant_id: tenantId,
      name: 'first key',
      prefix,
      hash,
      role: 'owner',
      scopes: JSON.stringify(ownerScopes),
      created_at: now,
      expires_at: null,
      last_used_at: null,
      revoked_at: null,
    })
    .execute();
  return { tenantId, apiKey: key };
}

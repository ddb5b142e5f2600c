import type { Query, Store } from '../store/store.ts';
import { newApiKey } from './accounts/new-api-key.ts';
import { newTenantRow } from './accounts/new-tenant.ts';
import { newId } from './ids.ts';

/**
 * Makes a tenant and an owner's key where there is none yet.
 *
 * @returns the key, which cannot be shown again; undefined where a tenant exists
 */
export async function ensureFirstTenant(store: Store, now: number): Promise<string | undefined> {
  return store.write(async ({ query }) => {
    if ((await firstTenantId(query)) !== undefined || !(await isFirst(query, now))) return undefined;
    const tenantId = await insertTenant(query, 'default', now);
    return insertOwnerKey(query, tenantId, 'first key', now);
  });
}

/** Makes a tenant and an owner's key, which cannot be shown again. */
export async function createTenant(
  store: Store,
  name: string,
  now: number,
): Promise<{ tenantId: string; apiKey: string }> {
  return store.write(async ({ query }) => {
    const tenantId = await insertTenant(query, name, now);
    return { tenantId, apiKey: await insertOwnerKey(query, tenantId, 'first key', now) };
  });
}

/** Processes that start together on one database make one tenant: only one of them can write this row. */
async function isFirst(query: Query, now: number): Promise<boolean> {
  const mark = { tenant_id: '', route: 'bootstrap', idempotency_key: 'first tenant', request_hash: '' };
  const { numInsertedOrUpdatedRows } = await query
    .insertInto('idempotency_keys')
    .values({ ...mark, status: 200, body: '', created_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

async function firstTenantId(query: Query): Promise<string | undefined> {
  const first = await query.selectFrom('tenants').select('id').orderBy('id').limit(1).executeTakeFirst();
  return first?.id;
}

async function insertTenant(query: Query, name: string, now: number): Promise<string> {
  const row = newTenantRow(newId('tnt', now), name, now);
  await query.insertInto('tenants').values(row).execute();
  return row.id;
}

async function insertOwnerKey(query: Query, tenantId: string, name: string, now: number): Promise<string> {
  const { key, row } = newApiKey({ name, role: 'owner' }, now);
  await query
    .insertInto('api_keys')
    .values({ ...row, tenant_id: tenantId })
    .execute();
  return key;
}

import type { CreatedTenant, CreateTenantInput } from '@runctl/tenants';
import type { Query } from '../../store/store.ts';
import { newId } from '../ids.ts';
import { toTenant } from '../wire/tenant.ts';
import { AccountWriteScope } from './account-scope.ts';
import { newApiKey } from './new-api-key.ts';
import { newTenantRow } from './new-tenant.ts';

/** Makes a tenant, its first owner and the owner's key, within a transaction that reaches above tenants. */
export async function insertNewTenant(query: Query, input: CreateTenantInput, now: number): Promise<CreatedTenant> {
  const row = newTenantRow(newId('tnt', now), input.name, now);
  const account = new AccountWriteScope(row.id, query);
  await account.insertTenant(row);
  const member = { user_id: newId('usr', now), email: input.ownerEmail, name: null, role: 'owner', joined_at: now };
  await account.insertMember(member);
  const owner = newApiKey({ name: 'first key', role: 'owner', userId: member.user_id }, now);
  await account.insertApiKey(owner.row);
  return { ...toTenant(row), apiKey: owner.key };
}

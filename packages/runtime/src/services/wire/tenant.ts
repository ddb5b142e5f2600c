import type { Tenant } from '@runctl/tenants';
import type { TenantRow } from '../../store/schema.ts';
import { firstSettings, noLimits } from '../accounts/new-tenant.ts';
import { formatTimestamp } from './format-timestamp.ts';
import { parseStored } from './stored-json.ts';

/** A tenant as it travels; what its row does not say yet is as it is for a new one. */
export function toTenant(row: TenantRow): Tenant {
  return {
    id: row.id as Tenant['id'],
    name: row.name,
    status: row.status as Tenant['status'],
    plan: row.plan,
    settings: { ...firstSettings, ...parseStored<Partial<Tenant['settings']>>(row.settings) },
    limits: { ...noLimits, ...parseStored<Partial<Tenant['limits']>>(row.limits) },
    createdAt: formatTimestamp(row.created_at),
    updatedAt: formatTimestamp(row.updated_at),
  };
}

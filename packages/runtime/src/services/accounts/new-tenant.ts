import { randomBytes } from 'node:crypto';
import type { TenantLimits, TenantSettings } from '@runctl/tenants';
import type { TenantRow } from '../../store/schema.ts';

/** What a tenant starts with. */
export const firstSettings: TenantSettings = {
  skillAllowlist: null,
  customToolUrlPrefixes: null,
  traceRetentionDays: 30,
};

/** No limit of any kind. */
export const noLimits: TenantLimits = {
  agents: null,
  replicas: null,
  concurrentTasks: null,
  tasksPerDay: null,
  tokensPerMonth: null,
  requestsPerMinute: null,
};

/** What signs the calls that a tenant's tools receive: `whsec_` and base64, as Standard Webhooks has it. */
export function newSigningSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/** The row of a new tenant. */
export function newTenantRow(id: string, name: string, now: number): TenantRow {
  return {
    id,
    name,
    status: 'active',
    plan: 'self-hosted',
    settings: JSON.stringify(firstSettings),
    limits: JSON.stringify(noLimits),
    signing_secret: newSigningSecret(),
    most_running: null,
    held: 0,
    spend_limit_microusd: null,
    on_spend_limit: 'notify',
    created_at: now,
    updated_at: now,
  };
}

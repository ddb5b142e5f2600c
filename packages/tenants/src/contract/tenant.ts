import type { ApiKeyId, TenantId, Timestamp, UserId } from '@runctl/core';

/** What a person or a key may do, most first. */
export type TenantRole = 'owner' | 'admin' | 'member' | 'viewer';

/** What a key may reach. */
export type Scope = 'read' | 'agents' | 'tasks' | 'billing' | 'admin';

/** What binds every agent of a tenant. */
export interface TenantSettings {
  /** Built-in tools that agents may have. Null: all. Default null. */
  skillAllowlist: string[] | null;
  /** URLs that custom tools may call, compared by origin and path segment. Null: any public HTTPS address. Default null. */
  customToolUrlPrefixes: string[] | null;
  /** Days that a finished task's trace is kept. 1 or more. Default 30. */
  traceRetentionDays: number;
}

/** What a tenant may use at most. Null: no limit. A limit reached is a 402 that names the resource. */
export interface TenantLimits {
  /** Agents. */
  agents: number | null;
  /** Instances of all agents together. */
  replicas: number | null;
  /** Tasks that run at once. */
  concurrentTasks: number | null;
  /** Tasks created between midnights, UTC. */
  tasksPerDay: number | null;
  /** Tokens in a billing period. */
  tokensPerMonth: number | null;
  /** Requests of one key in a minute; beyond it comes 429. */
  requestsPerMinute: number | null;
}

/** Who uses the runtime: everything belongs to one tenant. */
export interface Tenant {
  /** Its id. */
  id: TenantId;
  /** Shown to people. */
  name: string;
  /** `suspended`: reads work, nothing else does. */
  status: 'active' | 'suspended';
  /** The name of its plan. */
  plan: string;
  /** What binds its agents. */
  settings: TenantSettings;
  /** What it may use at most. */
  limits: TenantLimits;
  /** When it was created. */
  createdAt: Timestamp;
  /** When it last changed. */
  updatedAt: Timestamp;
}

/** What makes a new tenant. */
export interface CreateTenantInput {
  /** Shown to people. 1 to 200 characters. */
  name: string;
  /** E-mail address of its first owner. */
  ownerEmail: string;
}

/** A tenant that was just made, with the key of its owner. */
export interface CreatedTenant extends Tenant {
  /** The owner's API key. Shown this once. */
  apiKey: string;
}

/** What changes of a tenant; what is left out stays. */
export interface UpdateTenantInput {
  /** Shown to people. 1 to 200 characters. */
  name?: string;
  /** What binds its agents; a setting left out stays. */
  settings?: Partial<TenantSettings>;
}

/** Whose key this is. */
export interface WhoAmI {
  /** The key's tenant. */
  tenantId: TenantId;
  /** The person it belongs to; null for a key of a machine. */
  userId: UserId | null;
  /** The key. */
  apiKeyId: ApiKeyId;
  /** What it may do. */
  role: TenantRole;
  /** What it may reach. */
  scopes: Scope[];
}

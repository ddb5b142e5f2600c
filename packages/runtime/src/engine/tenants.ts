import type { Query } from '../store/store.ts';
import type { ToolSettings } from '../tools/tool.ts';

/** What a running task needs of its tenant. */
export interface RunningTenant {
  settings: ToolSettings;
  signingSecret: string;
}

/** A change of the settings binds running tasks within this time, in milliseconds. */
const freshForMs = 1_000;

/** Settings of tenants, read at most once a second each. */
export class RunningTenants {
  readonly #query: Query;
  readonly #now: () => number;
  readonly #known = new Map<string, { tenant: Promise<RunningTenant>; readAt: number }>();

  constructor(query: Query, now: () => number) {
    this.#query = query;
    this.#now = now;
  }

  /** Those of some tenants of which nothing may run on: they are held at their spend limit, or suspended. */
  async stopped(tenantIds: readonly string[]): Promise<Set<string>> {
    const rows = await this.#query
      .selectFrom('tenants')
      .select('id')
      .where('id', 'in', tenantIds)
      .where(({ or, eb }) => or([eb('held', '=', 1), eb('status', '!=', 'active')]))
      .execute();
    return new Set(rows.map(({ id }) => id));
  }

  /** Those who ask at once share one look. */
  get(tenantId: string): Promise<RunningTenant> {
    const now = this.#now();
    const known = this.#known.get(tenantId);
    if (known !== undefined && now - known.readAt < freshForMs) return known.tenant;
    const tenant = this.#read(tenantId);
    this.#known.set(tenantId, { tenant, readAt: now });
    tenant.catch(() => this.#known.delete(tenantId));
    return tenant;
  }

  async #read(tenantId: string): Promise<RunningTenant> {
    const row = await this.#query
      .selectFrom('tenants')
      .select(['settings', 'signing_secret'])
      .where('id', '=', tenantId)
      .executeTakeFirstOrThrow();
    const { skillAllowlist = null, customToolUrlPrefixes = null } = JSON.parse(row.settings) as Partial<ToolSettings>;
    return { settings: { skillAllowlist, customToolUrlPrefixes }, signingSecret: row.signing_secret };
  }
}

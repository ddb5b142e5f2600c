import type { ListQuery, PaginatedResponse } from '@runctl/core';
import type { CreatedTenant, CreateTenantInput, Tenant, TenantLimits, UpdateTenantInput } from '@runctl/tenants';
import type { TenantRow } from '../store/schema.ts';
import type { Query } from '../store/store.ts';
import { allTenants } from './accounts/above-tenants.ts';
import { type AccountScope, AccountWriteScope } from './accounts/account-scope.ts';
import { insertNewTenant } from './accounts/insert-new-tenant.ts';
import type { Principal } from './authentication.ts';
import { notFound } from './failure.ts';
import { readPage } from './page.ts';
import type { TenantScope, TenantWriteScope } from './tenant-scope.ts';
import { toTenant } from './wire/tenant.ts';

/** Tenants themselves. */
export class TenantService {
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** With its first owner and the owner's key, which is shown this once. */
  create(scope: TenantWriteScope, input: CreateTenantInput): Promise<CreatedTenant> {
    return insertNewTenant(scope.aboveTenants(), input, this.#now());
  }

  /** The operator sees all of them, newest first; another key its own. */
  list(scope: TenantScope, principal: Principal, query: ListQuery): Promise<PaginatedResponse<Tenant>> {
    const visible = () => (principal.role === 'operator' ? allTenants(scope.aboveTenants()) : scope.account().tenant());
    return readPage<TenantRow, Tenant>(
      query,
      {
        rows: ({ before, offset, limit }) => {
          const tenants = before === undefined ? visible() : visible().where('id', '<', before);
          return tenants.selectAll().orderBy('id', 'desc').limit(limit).offset(offset).execute();
        },
        count: async () =>
          (
            await visible()
              .select(({ fn }) => fn.countAll<number>().as('count'))
              .executeTakeFirstOrThrow()
          ).count,
      },
      toTenant,
    );
  }

  /** @throws {Failure} `tenant.not_found` */
  async get(scope: TenantScope): Promise<Tenant> {
    return toTenant(await readTenant(scope.account()));
  }

  /** A setting that is left out stays. @throws {Failure} `tenant.not_found` */
  async update(scope: TenantWriteScope, input: UpdateTenantInput): Promise<Tenant> {
    const account = scope.account();
    // Two that change different settings must not undo each other.
    await account.lock();
    const current = toTenant(await readTenant(account));
    const settings = { ...current.settings, ...input.settings };
    await account
      .updateTenant()
      .set({ name: input.name ?? current.name, settings: JSON.stringify(settings), updated_at: this.#now() })
      .execute();
    return toTenant(await readTenant(account));
  }
}

/** @throws {Failure} `tenant.not_found` */
export async function readTenant(account: AccountScope): Promise<TenantRow> {
  const row = await account.tenant().selectAll().executeTakeFirst();
  if (row === undefined) throw notFound('tenant', account.tenantId);
  return row;
}

/**
 * Sets what a tenant may use at most; a limit left out stays. For the operator's tools: no route does this. Binds at
 * once what is counted in the database, and what processes remember within a second.
 *
 * @throws {Failure} `tenant.not_found`
 */
export async function setTenantLimits(
  query: Query,
  tenantId: string,
  change: Partial<TenantLimits>,
  now: number,
): Promise<Tenant> {
  const account = new AccountWriteScope(tenantId, query);
  await account.lock();
  const { limits } = toTenant(await readTenant(account));
  const next = { ...limits, ...change };
  await account
    .updateTenant()
    .set({ limits: JSON.stringify(next), most_running: next.concurrentTasks, updated_at: now })
    .execute();
  // Counters stand only while there is a limit; the next one starts from what is true then.
  await account.deleteQuotaCounters().execute();
  return toTenant(await readTenant(account));
}

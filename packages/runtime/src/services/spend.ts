import type { BillingLine, BillingSummary, SetSpendLimitInput } from '@runctl/tenants';
import type { TenantRow } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { tenantsToWatch, tenantsWithHeldTasks } from './accounts/above-tenants.ts';
import { AccountScope, AccountWriteScope } from './accounts/account-scope.ts';
import type { Quotas } from './quotas.ts';
import { moveHeldTasks, settleHeldTasks } from './spend/held-tasks.ts';
import type { TenantScope, TenantWriteScope } from './tenant-scope.ts';
import { readTenant } from './tenants.ts';
import { groupSums, type LedgerEntry, readSpan, totalOf } from './usage/ledger.ts';
import { periodOf, type UsageMeter } from './usage/usage-meter.ts';
import { formatTimestamp } from './wire/format-timestamp.ts';
import { fromUsd, toUsd } from './wire/money.ts';

/** What spending needs. */
export interface SpendParts {
  now: () => number;
  meter: UsageMeter;
  quotas: Pick<Quotas, 'forget'>;
  provider: BillingSummary['provider'];
}

/**
 * What a tenant spends on models in its billing period, and how far it may go. At the limit: `notify` changes nothing,
 * `reject` refuses new tasks, `pause` holds the tenant: none of its tasks goes on until the limit is raised or the
 * period ends; meanwhile they wait for the budget. Those that run are handed back after the step that they are in; it
 * takes up to two seconds to notice.
 */
export class SpendService {
  readonly #parts: SpendParts;

  constructor(parts: SpendParts) {
    this.#parts = parts;
  }

  /** @throws {Failure} `tenant.not_found` */
  async summary(scope: TenantScope): Promise<BillingSummary> {
    const account = scope.account();
    return this.#summary(account, await readTenant(account));
  }

  /** Holds the tenant, or lets it go, at once. @throws {Failure} `tenant.not_found` */
  async setLimit(scope: TenantWriteScope, input: SetSpendLimitInput): Promise<BillingSummary> {
    const account = scope.account();
    await account.lock();
    const before = await readTenant(account);
    const row = {
      ...before,
      spend_limit_microusd: input.amount === null ? null : fromUsd(input.amount),
      on_spend_limit: input.onLimit ?? before.on_spend_limit,
    };
    const summary = await this.#summary(account, row);
    const { spend_limit_microusd, on_spend_limit } = row;
    const held = isHeld(row, fromUsd(summary.currentSpend)) ? 1 : 0;
    const updated_at = this.#parts.now();
    await account.updateTenant().set({ spend_limit_microusd, on_spend_limit, held, updated_at }).execute();
    this.#parts.quotas.forget(scope.tenantId);
    // Some at once, all others within a second.
    for (const change of await moveHeldTasks(account, held === 1, updated_at)) scope.changed(change);
    scope.wake();
    return summary;
  }

  async #summary(account: AccountScope, tenant: TenantRow): Promise<BillingSummary> {
    const period = await periodOf(account, this.#parts.now());
    const entries = await readSpan(account, period);
    const billing = await account.billingAccount().select('status').executeTakeFirst();
    return {
      plan: tenant.plan,
      provider: this.#parts.provider,
      status: (billing?.status ?? 'none') as BillingSummary['status'],
      currency: 'USD',
      currentSpend: toUsd(totalOf(entries).costMicrousd) ?? 0,
      spendLimit: toUsd(tenant.spend_limit_microusd),
      onLimit: tenant.on_spend_limit as BillingSummary['onLimit'],
      periodStart: formatTimestamp(period.start),
      periodEnd: formatTimestamp(period.end),
      lines: linesOf(entries),
    };
  }
}

/** A line for each model; of a model without a known price the tokens are there, and nothing is charged. */
function linesOf(entries: readonly LedgerEntry[]): BillingLine[] {
  const models = groupSums(entries, ({ modelProvider, model }) => `${modelProvider}/${model}`);
  return [...models].map(([description, { inputTokens, outputTokens, costMicrousd }]) => {
    return { description, quantity: inputTokens + outputTokens, unit: 'tokens', amount: toUsd(costMicrousd) ?? 0 };
  });
}

function isHeld(tenant: Pick<TenantRow, 'spend_limit_microusd' | 'on_spend_limit'>, spentMicrousd: number): boolean {
  const { spend_limit_microusd: limit, on_spend_limit } = tenant;
  return on_spend_limit === 'pause' && limit !== null && spentMicrousd >= limit;
}

/** How often held tenants and those that may have to be are looked at, milliseconds. */
export const spendCheckMs = 1_000;

/**
 * Holds the tenants that have reached a limit that pauses, and lets those go that no longer have. Any number of
 * processes may look; what they write is the same.
 */
export async function holdSpenders(
  store: Pick<Store, 'query' | 'ofTenant'>,
  meter: UsageMeter,
  now: () => number,
): Promise<void> {
  const holding = new Set<string>();
  const watched = await tenantsToWatch(store.query)
    .select(['id', 'held', 'spend_limit_microusd', 'on_spend_limit'])
    .execute();
  for (const tenant of watched) {
    const door = store.ofTenant(tenant.id);
    const { sums } = await meter.readAnew(new AccountScope(tenant.id, door.query));
    const held = isHeld(tenant, sums.costMicrousd) ? 1 : 0;
    if (held === 1) holding.add(tenant.id);
    if (held === tenant.held) continue;
    await door.write(async ({ query, wake }) => {
      // Only as long as the limit is the one that was looked at.
      await new AccountWriteScope(tenant.id, query)
        .updateTenant()
        .set({ held })
        .where('on_spend_limit', '=', tenant.on_spend_limit)
        .where(({ eb, ref }) => eb(ref('spend_limit_microusd'), 'is not distinct from', tenant.spend_limit_microusd))
        .execute();
      wake();
    });
  }
  for (const tenantId of holding) await settleHeldTasks(store, tenantId, true, now);
  const waiting = await tenantsWithHeldTasks(store.query).execute();
  for (const { tenant_id } of waiting) if (!holding.has(tenant_id)) await settleHeldTasks(store, tenant_id, false, now);
}

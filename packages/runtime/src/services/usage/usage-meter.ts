import type { AccountScope } from '../accounts/account-scope.ts';
import { monthOf, type TimeSpan } from './billing-period.ts';
import { type LedgerSums, readSpan, totalOf } from './ledger.ts';

/** What a tenant has used in its billing period. */
export interface PeriodUsage {
  period: TimeSpan;
  sums: LedgerSums;
}

/** How old a sum may be where requests are checked against it, milliseconds. */
const freshForMs = 1_000;
const mostTenants = 10_000;

/** Sums of billing periods, each read at most once a second. */
export class UsageMeter {
  readonly #now: () => number;
  readonly #known = new Map<string, PeriodUsage & { readAt: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** As of the last second. */
  async thisPeriod(account: AccountScope): Promise<PeriodUsage> {
    const now = this.#now();
    const known = this.#known.get(account.tenantId);
    if (known !== undefined && Math.abs(now - known.readAt) < freshForMs) return known;
    return this.readAnew(account);
  }

  /** As of now: for who looks once after something was written, and not again. */
  async readAnew(account: AccountScope): Promise<PeriodUsage> {
    const now = this.#now();
    const period = await periodOf(account, now);
    const usage = { period, sums: totalOf(await readSpan(account, period)), readAt: now };
    if (this.#known.size >= mostTenants) this.#known.clear();
    this.#known.set(account.tenantId, usage);
    return usage;
  }
}

/** What the billing provider says, while that is current; else the calendar month. */
export async function periodOf(account: AccountScope, now: number): Promise<TimeSpan> {
  const billing = await account.billingAccount().select(['period_start', 'period_end']).executeTakeFirst();
  const { period_start: start = null, period_end: end = null } = billing ?? {};
  return start !== null && end !== null && start <= now && now < end ? { start, end } : monthOf(now);
}

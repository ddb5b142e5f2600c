import type { TenantUsage } from '@runctl/tenants';
import type { AccountScope } from './accounts/account-scope.ts';
import { countTasks } from './quotas.ts';
import type { TenantScope } from './tenant-scope.ts';
import { readTenant } from './tenants.ts';
import { dayOf } from './usage/billing-period.ts';
import { readSpan, totalOf } from './usage/ledger.ts';
import { periodOf } from './usage/usage-meter.ts';
import { formatTimestamp } from './wire/format-timestamp.ts';
import { toUsd } from './wire/money.ts';
import { toTenant } from './wire/tenant.ts';

/** Statuses in which an agent works or is about to. */
const activeStatuses = ['deploying', 'running', 'degraded'];

/** What a tenant uses now, and what it used. Simulated calls are nobody's tokens: they count nowhere here. */
export class UsageService {
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @throws {Failure} `tenant.not_found` */
  async current(scope: TenantScope): Promise<TenantUsage> {
    const account = scope.account();
    const now = this.#now();
    const tenant = toTenant(await readTenant(account));
    const [day, period] = [dayOf(now), await periodOf(account, now)];
    const today = totalOf(await readSpan(account, day));
    const sums = totalOf(await readSpan(account, period));
    return {
      ...(await readAgents(account)),
      queuedTasks: await countStatus(account, 'queued'),
      runningTasks: await countStatus(account, 'running'),
      tasksToday: await countTasks(account, day),
      tokensToday: today.inputTokens + today.outputTokens,
      tokensThisPeriod: sums.inputTokens + sums.outputTokens,
      costThisPeriodUsd: sums.unpricedTokens > 0 ? null : toUsd(sums.costMicrousd),
      limits: tenant.limits,
      periodStart: formatTimestamp(period.start),
      periodEnd: formatTimestamp(period.end),
    };
  }
}

async function readAgents(account: AccountScope): Promise<{ activeAgents: number; runningInstances: number }> {
  const { count, instances } = await account
    .agents()
    .where('agents.status', 'in', activeStatuses)
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.sum<number | null>('ready_replicas').as('instances')])
    .executeTakeFirstOrThrow();
  return { activeAgents: count, runningInstances: Number(instances) };
}

/** Agent by agent, by agents_by_tenant and the partial indexes tasks_queued and tasks_running. */
async function countStatus(account: AccountScope, status: 'queued' | 'running'): Promise<number> {
  const { count } = await account
    .agents()
    .innerJoin('tasks', (join) => join.onRef('tasks.agent_id', '=', 'agents.id').on('tasks.status', '=', status))
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

import type { TenantLimits } from '@runctl/tenants';
import type { AccountWriteScope } from './accounts/account-scope.ts';
import { noLimits } from './accounts/new-tenant.ts';
import { countRows } from './count-rows.ts';
import { Failure } from './failure.ts';
import type { TenantWriteScope } from './tenant-scope.ts';
import { dayOf, type TimeSpan } from './usage/billing-period.ts';
import type { UsageMeter } from './usage/usage-meter.ts';
import { formatTimestamp } from './wire/format-timestamp.ts';
import { toUsd } from './wire/money.ts';
import { parseStored } from './wire/stored-json.ts';

/** What a tenant may use at most, as remembered. */
interface Rules {
  limits: TenantLimits;
  /** Null: new tasks are taken whatever is spent. */
  rejectAtMicrousd: number | null;
  readAt: number;
}

/** A change of a limit binds every process within this time, milliseconds. */
const freshForMs = 1_000;
const mostTenants = 10_000;

/**
 * What a tenant may use at most. Counts are exact however many ask at once, in however many processes: who counts
 * agents and replicas has the tenant's row to himself, and tasks of a day go through one counter in one statement. Both
 * belong to the transaction of what is counted, so what fails gives back what it took.
 *
 * Tokens and spend are sums of what has been executed: a task is let in while they are below the limit.
 */
export class Quotas {
  readonly #now: () => number;
  readonly #meter: UsageMeter;
  readonly #rules = new Map<string, Rules>();

  constructor(now: () => number, meter: UsageMeter) {
    this.#now = now;
    this.#meter = meter;
  }

  /** Before an agent is made. @throws {Failure} `quota.exceeded` */
  async checkAgents(scope: TenantWriteScope): Promise<void> {
    const { agents: limit } = (await this.#rulesOf(scope)).limits;
    if (limit === null) return;
    const account = scope.account();
    await account.lock();
    const count = await countRows(account.agents());
    if (count + 1 > limit) throw exceeded('agents', limit, count, null);
  }

  /** Before an agent has other replicas; fewer than it has are always let in. @throws {Failure} `quota.exceeded` */
  async checkReplicas(
    scope: TenantWriteScope,
    agent: { id: string; desired_replicas: number },
    replicas: number,
  ): Promise<void> {
    const { replicas: limit } = (await this.#rulesOf(scope)).limits;
    if (limit === null || replicas <= agent.desired_replicas) return;
    const account = scope.account();
    await account.lock();
    const { sum } = await account
      .agents()
      .where('agents.id', '!=', agent.id)
      .select(({ fn }) => fn.sum<number | null>('desired_replicas').as('sum'))
      .executeTakeFirstOrThrow();
    const others = Number(sum);
    if (others + replicas > limit) throw exceeded('replicas', limit, others + agent.desired_replicas, null);
  }

  /** Before tasks are made. @throws {Failure} `quota.exceeded` */
  async takeTasks(scope: TenantWriteScope, count: number): Promise<void> {
    const { limits, rejectAtMicrousd } = await this.#rulesOf(scope);
    if (limits.tokensPerMonth !== null || rejectAtMicrousd !== null) {
      const { period, sums } = await this.#meter.thisPeriod(scope.account());
      const tokens = sums.inputTokens + sums.outputTokens;
      if (limits.tokensPerMonth !== null && tokens >= limits.tokensPerMonth) {
        throw exceeded('tokens_per_month', limits.tokensPerMonth, tokens, period);
      }
      if (rejectAtMicrousd !== null && sums.costMicrousd >= rejectAtMicrousd) {
        throw exceeded('spend', toUsd(rejectAtMicrousd) ?? 0, toUsd(sums.costMicrousd) ?? 0, period);
      }
    }
    if (limits.tasksPerDay !== null) await this.#takeOfDay(scope.account(), limits.tasksPerDay, count);
  }

  /** Reads the limits again at the next request. */
  forget(tenantId: string): void {
    this.#rules.delete(tenantId);
  }

  async #takeOfDay(account: AccountWriteScope, limit: number, count: number): Promise<void> {
    const day = dayOf(this.#now());
    const counter = () =>
      account
        .quotaCounters()
        .select('used')
        .where('resource', '=', 'tasks_per_day')
        .where('period_start', '=', day.start);
    if ((await counter().executeTakeFirst()) === undefined) await this.#beginDay(account, day);
    // One statement decides: by primary key, and others wait for its lock.
    const taken = await account
      .updateQuotaCounters()
      .set(({ eb }) => ({ used: eb('used', '+', count) }))
      .where('resource', '=', 'tasks_per_day')
      .where('period_start', '=', day.start)
      .where('used', '<=', limit - count)
      .returning('used')
      .executeTakeFirst();
    if (taken !== undefined) return;
    const { used } = await counter().executeTakeFirstOrThrow();
    throw exceeded('tasks_per_day', limit, used, day);
  }

  /** The counter starts from what is true, so that a limit that comes in the middle of a day counts the whole day. */
  async #beginDay(account: AccountWriteScope, day: TimeSpan): Promise<void> {
    await account.lock();
    await account.insertQuotaCounter('tasks_per_day', day.start, await countTasks(account, day));
  }

  async #rulesOf(scope: TenantWriteScope): Promise<Rules> {
    const now = this.#now();
    const known = this.#rules.get(scope.tenantId);
    if (known !== undefined && Math.abs(now - known.readAt) < freshForMs) return known;
    const row = await scope
      .account()
      .tenant()
      .select(['limits', 'spend_limit_microusd', 'on_spend_limit'])
      .executeTakeFirstOrThrow();
    const rules = {
      limits: { ...noLimits, ...parseStored<Partial<TenantLimits>>(row.limits) },
      rejectAtMicrousd: row.on_spend_limit === 'reject' ? row.spend_limit_microusd : null,
      readAt: now,
    };
    if (this.#rules.size >= mostTenants) this.#rules.clear();
    this.#rules.set(scope.tenantId, rules);
    return rules;
  }
}

/** Ids are made in the order of time: `tsk_` and ten characters of it, of which five bits each. */
const timeAlphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** The smallest id that a task of this instant can have. */
export function firstTaskId(at: number): string {
  let text = '';
  for (let rest = at; text.length < 10; rest = Math.floor(rest / 32)) text = `${timeAlphabet[rest % 32]}${text}`;
  return `tsk_${text}`;
}

/** Tasks made in a span; those that agents hand out belong to the task that they serve. By the index tasks_by_tenant. */
export async function countTasks(account: Pick<AccountWriteScope, 'tasks'>, span: TimeSpan): Promise<number> {
  const tasks = account
    .tasks()
    .where('id', '>=', firstTaskId(span.start))
    .where('id', '<', firstTaskId(span.end))
    .where('parent_task_id', 'is', null);
  return countRows(tasks);
}

function exceeded(resource: string, limit: number, used: number, period: TimeSpan | null): Failure {
  const resetsAt = period === null ? null : formatTimestamp(period.end);
  const words = resource.replaceAll('_', ' ');
  return new Failure('quota.exceeded', `The tenant’s quota of ${words} is ${limit}, and ${used} is used.`, {
    resource,
    quota: { limit, used, ...(resetsAt === null ? {} : { resetsAt }) },
    hint: resetsAt === null ? 'Give some back, or ask the operator for more.' : `It starts anew at ${resetsAt}.`,
  });
}

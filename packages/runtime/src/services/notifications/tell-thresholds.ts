import { sql } from 'kysely';
import type { TenantRow } from '../../store/schema.ts';
import type { Store } from '../../store/store.ts';
import { tenantsWithLimits } from '../accounts/above-tenants.ts';
import { noLimits } from '../accounts/new-tenant.ts';
import { readPreferences } from '../notifications.ts';
import { TenantScope, TenantWriteScope } from '../tenant-scope.ts';
import type { PeriodUsage, UsageMeter } from '../usage/usage-meter.ts';
import { formatTimestamp } from '../wire/format-timestamp.ts';
import { toUsd } from '../wire/money.ts';
import { parseStored } from '../wire/stored-json.ts';
import type { StoredThreshold, ThresholdChannel } from './stored-threshold.ts';

/** What telling of thresholds needs. */
export interface ThresholdParts {
  store: Pick<Store, 'query' | 'write'>;
  meter: UsageMeter;
  /** Whether mail can be sent at all; until it can, nothing counts as told by it. */
  hasMail: boolean;
  now: () => number;
}

/** How often tenants with a limit are looked at, milliseconds. */
export const thresholdCheckMs = 5_000;

type Reached = Omit<StoredThreshold, 'channel'>;

/**
 * Tells of each threshold that a tenant has reached: once a billing period and channel, however many processes look. The
 * mark that says so and the event that is sent are one transaction.
 */
export async function tellThresholds(parts: ThresholdParts): Promise<void> {
  const { store, meter } = parts;
  const columns = ['id', 'limits', 'spend_limit_microusd'] as const;
  for (const tenant of await tenantsWithLimits(store.query).select(columns).execute()) {
    const scope = new TenantScope(tenant.id, store.query);
    const usage = await meter.readAnew(scope.account());
    const { thresholds } = await readPreferences(scope);
    const reached = limitsOf(tenant, usage).flatMap((limit) => reachedOf(limit, thresholds, usage));
    if (reached.length > 0) await tellAll(parts, scope, usage.period.start, reached);
  }
}

type Limit = Pick<Reached, 'resource' | 'limit' | 'used'>;

function limitsOf(tenant: Pick<TenantRow, 'limits' | 'spend_limit_microusd'>, { sums }: PeriodUsage): Limit[] {
  const { tokensPerMonth } = { ...noLimits, ...parseStored<Partial<typeof noLimits>>(tenant.limits) };
  const spend = toUsd(tenant.spend_limit_microusd);
  const tokens = sums.inputTokens + sums.outputTokens;
  return [
    ...(spend === null ? [] : [{ resource: 'spend' as const, limit: spend, used: toUsd(sums.costMicrousd) ?? 0 }]),
    ...(tokensPerMonth === null
      ? []
      : [{ resource: 'tokens_per_month' as const, limit: tokensPerMonth, used: tokens }]),
  ];
}

/** Nothing used reaches nothing, even of a limit of 0. */
function reachedOf(limit: Limit, thresholds: readonly number[], { period }: PeriodUsage): Reached[] {
  return thresholds
    .filter((threshold) => limit.used > 0 && limit.used * 100 >= limit.limit * threshold)
    .map((threshold) => ({
      ...limit,
      threshold,
      periodStart: formatTimestamp(period.start),
      periodEnd: formatTimestamp(period.end),
    }));
}

async function tellAll(
  { store, hasMail, now }: ThresholdParts,
  scope: TenantScope,
  periodStart: number,
  reached: readonly Reached[],
): Promise<void> {
  const channels = await channelsOf(scope, hasMail);
  const told = await scope.notices().thresholdAlerts().selectAll().where('period_start', '=', periodStart).execute();
  const isTold = ({ resource, threshold }: Reached, channel: ThresholdChannel) =>
    told.some((row) => row.resource === resource && row.threshold === threshold && row.channel === channel);
  const untold = reached.flatMap((one) =>
    channels.filter((channel) => !isTold(one, channel)).map((channel) => ({ ...one, channel })),
  );
  if (untold.length === 0) return;
  await store.write(async (transaction) => {
    const writing = new TenantWriteScope(scope.tenantId, transaction);
    for (const { channel, ...one } of untold) {
      const { resource, threshold } = one;
      const mark = { resource, period_start: periodStart, threshold, channel, created_at: now() };
      if (!(await writing.notices().markThreshold(mark))) continue;
      const data = JSON.stringify({ ...one, channel } satisfies StoredThreshold);
      const event = { subject_id: scope.tenantId, type: 'billing.threshold', step: null, data, created_at: now() };
      writing.addEvents([event]);
    }
  });
}

/** By which ways there is somebody to tell. */
async function channelsOf(scope: TenantScope, hasMail: boolean): Promise<ThresholdChannel[]> {
  const { emailEnabled, emailRecipients, webhookEnabled } = await readPreferences(scope);
  const asking = await scope
    .notices()
    .webhooks()
    .select('id')
    .where('enabled', '=', 1)
    .where(sql<boolean>`events LIKE '%"billing.threshold"%'`)
    .limit(1)
    .executeTakeFirst();
  return [
    ...(hasMail && emailEnabled && emailRecipients.length > 0 ? (['email'] as const) : []),
    ...(webhookEnabled ? (['webhook'] as const) : []),
    ...(asking === undefined ? [] : (['events'] as const)),
  ];
}

import type { TaskStatus, TokenUsage } from '@runctl/tasks';
import { type RawBuilder, sql } from 'kysely';
import { countRows } from '../count-rows.ts';
import type { Span } from '../period-window.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { toUsd } from '../wire/money.ts';
import { Durations } from './durations.ts';
import { joined, waitOf, wholeSum } from './hour-sums.ts';

/** Which finished tasks are counted. */
export interface FinishedFilter {
  /** When they ended. */
  finished: Span;
  /** When they were created. Default: whenever. */
  created?: Span;
  agentId?: string;
  teamId?: string;
}

/** What finished tasks come to. */
export interface FinishedTotals {
  total: number;
  completed: number;
  failed: number;
  cancelled: number;
  /** Input and output. */
  tokens: number;
  costUsd: number | null;
  /** From start to end of those that started. */
  durations: Durations;
}

/** The same, with the parts of what was used and with what came before. */
export interface DetailedTotals extends FinishedTotals {
  usage: TokenUsage;
  /** From ready to started. */
  waits: Durations;
}

/** Sums as a query gives them; null where nothing was summed up. */
export interface TotalsRow {
  total: number | null;
  completed: number | null;
  failed: number | null;
  tokens: number | null;
  cost: number | null;
  priced: number | null;
  durations: string | null;
}

/** The same for {@link DetailedTotals}. */
export interface DetailsRow extends TotalsRow {
  input: number | null;
  cache_read: number | null;
  cache_write: number | null;
  reasoning: number | null;
  waits: string | null;
}

/**
 * From the rows: one pass over the index tasks_finished, which holds all that is needed; no task's row is opened, and
 * nothing is grouped or sorted by the database.
 */
export async function totalFinished(scope: TenantScope, filter: FinishedFilter): Promise<FinishedTotals> {
  return toTotals(await finished(scope, filter).select(columns).executeTakeFirstOrThrow());
}

/** How many there are in some statuses. From the same index. */
export function countFinished(
  scope: TenantScope,
  filter: FinishedFilter,
  statuses: readonly TaskStatus[],
): Promise<number> {
  return countRows(finished(scope, filter).where('status', 'in', [...statuses]));
}

/** As {@link totalFinished}, for half as much time again. */
export async function totalInDetail(scope: TenantScope, filter: FinishedFilter): Promise<DetailedTotals> {
  return toDetails(await finished(scope, filter).select(columns).select(details).executeTakeFirstOrThrow());
}

/** One version of an agent. */
export interface VersionTotals extends FinishedTotals {
  version: number;
  steps: number;
}

/** The same, apart for each version of an agent, newest first; simulated tasks left out. */
export async function totalByVersion(scope: TenantScope, filter: FinishedFilter): Promise<VersionTotals[]> {
  const rows = await finished(scope, filter)
    .where('simulated', '=', 0)
    .where('agent_version', 'is not', null)
    .select(columns)
    .select(['agent_version as version', sql<number>`CAST(sum(steps) AS BIGINT)`.as('steps')])
    .groupBy('agent_version')
    .orderBy('agent_version', 'desc')
    .execute();
  return rows.map((row) => ({ ...toTotals(row), version: row.version ?? 0, steps: row.steps }));
}

function finished(scope: TenantScope, { finished: ended, created, agentId, teamId }: FinishedFilter) {
  let tasks = scope.tasks().where('finished_at', '>=', ended.from).where('finished_at', '<', ended.to);
  if (created !== undefined) {
    tasks = tasks.where('created_at', '>=', created.from).where('created_at', '<', created.to);
  }
  if (agentId !== undefined) tasks = tasks.where('agent_id', '=', agentId);
  if (teamId !== undefined) tasks = tasks.where('team_id', '=', teamId);
  return tasks;
}

const columns = [
  sql<number>`count(*)`.as('total'),
  sql<number>`count(*) FILTER (WHERE status = 'completed')`.as('completed'),
  sql<number>`count(*) FILTER (WHERE status = 'failed')`.as('failed'),
  wholeSum(sql`input_tokens + output_tokens`).as('tokens'),
  wholeSum(sql`cost_microusd`).as('cost'),
  sql<number>`count(cost_microusd)`.as('priced'),
  joined(sql`finished_at - started_at`).as('durations'),
] as const;

const details = [
  wholeSum(sql`input_tokens`).as('input'),
  wholeSum(sql`cache_read_tokens`).as('cache_read'),
  wholeSum(sql`cache_write_tokens`).as('cache_write'),
  wholeSum(sql`reasoning_tokens`).as('reasoning'),
  joined(waitOf).as('waits'),
] as const;

/** The same columns from the sums of hours. */
export const hourColumns = [
  hourSum('total'),
  hourSum('completed'),
  hourSum('failed'),
  wholeSum(sql`input_tokens + output_tokens`).as('tokens'),
  wholeSum(sql`cost_microusd`).as('cost'),
  hourSum('priced'),
  hourSamples('durations'),
] as const;

/** The same details from the sums of hours. */
export const hourDetails = [
  wholeSum(sql`input_tokens`).as('input'),
  wholeSum(sql`cache_read_tokens`).as('cache_read'),
  wholeSum(sql`cache_write_tokens`).as('cache_write'),
  wholeSum(sql`reasoning_tokens`).as('reasoning'),
  hourSamples('waits'),
] as const;

/** A column of the sums of hours, summed up. */
export function hourSum<Name extends string>(name: Name) {
  return wholeSum(sql.ref(name) as RawBuilder<unknown>).as(name);
}

/** Samples of several hours. */
export function hourSamples<Name extends string>(name: Name) {
  return sql<string | null>`string_agg(${sql.ref(name)}, ',')`.as(name);
}

/** Reads sums. */
export function toTotals(row: TotalsRow): FinishedTotals {
  const [total, completed, failed] = [row.total ?? 0, row.completed ?? 0, row.failed ?? 0];
  return {
    total,
    completed,
    failed,
    cancelled: total - completed - failed,
    tokens: row.tokens ?? 0,
    costUsd: (row.priced ?? 0) < total ? null : toUsd(row.cost ?? 0),
    durations: Durations.read(row.durations),
  };
}

/** Reads sums with their details. */
export function toDetails(row: DetailsRow): DetailedTotals {
  const totals = toTotals(row);
  return {
    ...totals,
    usage: {
      inputTokens: row.input ?? 0,
      cacheReadTokens: row.cache_read ?? 0,
      cacheWriteTokens: row.cache_write ?? 0,
      outputTokens: totals.tokens - (row.input ?? 0),
      reasoningTokens: row.reasoning ?? 0,
      costUsd: totals.costUsd,
    },
    waits: Durations.read(row.waits),
  };
}

/** The totals of several spans as one. */
export function mergeTotals(parts: readonly FinishedTotals[]): FinishedTotals {
  const add = adder(parts);
  return {
    total: add(({ total }) => total),
    completed: add(({ completed }) => completed),
    failed: add(({ failed }) => failed),
    cancelled: add(({ cancelled }) => cancelled),
    tokens: add(({ tokens }) => tokens),
    costUsd: addUsd(parts.map(({ costUsd }) => costUsd)),
    durations: Durations.merge(parts.map(({ durations }) => durations)),
  };
}

/** The versions of several spans as one, newest first. */
export function mergeVersions(parts: readonly VersionTotals[][]): VersionTotals[] {
  const all = parts.flat();
  const versions = [...new Set(all.map(({ version }) => version))].sort((a, b) => b - a);
  return versions.map((version) => {
    const own = all.filter((each) => each.version === version);
    return { ...mergeTotals(own), version, steps: own.reduce((sum, { steps }) => sum + steps, 0) };
  });
}

/** As {@link mergeTotals}, with the details. */
export function mergeDetails(parts: readonly DetailedTotals[]): DetailedTotals {
  const totals = mergeTotals(parts);
  const add = adder(parts);
  return {
    ...totals,
    waits: Durations.merge(parts.map(({ waits }) => waits)),
    usage: {
      inputTokens: add(({ usage }) => usage.inputTokens),
      cacheReadTokens: add(({ usage }) => usage.cacheReadTokens),
      cacheWriteTokens: add(({ usage }) => usage.cacheWriteTokens),
      outputTokens: add(({ usage }) => usage.outputTokens),
      reasoningTokens: add(({ usage }) => usage.reasoningTokens),
      costUsd: totals.costUsd,
    },
  };
}

function adder<Part>(parts: readonly Part[]): (pick: (part: Part) => number) => number {
  return (pick) => parts.reduce((total, part) => total + pick(part), 0);
}

/** A sum of which one part is unknown is unknown. In whole millionths, so that it is exact. */
export function addUsd(costs: readonly (number | null)[]): number | null {
  let micro = 0;
  for (const cost of costs) {
    if (cost === null) return null;
    micro += Math.round(cost * 1e6);
  }
  return toUsd(micro);
}

/** Completed of completed and failed, to four decimals. */
export function successRate({ completed, failed }: { completed: number; failed: number }): number | null {
  return completed + failed === 0 ? null : Math.round((completed / (completed + failed)) * 1e4) / 1e4;
}
